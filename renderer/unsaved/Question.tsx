import { useId, useLayoutEffect, useRef } from 'react';
import { words } from '../../words/window';
import { Button, Key } from '../parts/Button';
import { type Screen, useScreen } from '../store';
import styles from './question.module.css';

/** "What Photo ×4 made is not saved.": save, discard or cancel. The focus comes back to where it was. */
export function Question() {
  const question = useScreen((screen) => screen.question);
  const tool = useScreen(({ app, models }) => models.find(({ id }) => id === app.result?.model)?.name ?? '');
  return question && <Box question={question} tool={tool} />;
}

interface Props {
  question: NonNullable<Screen['question']>;
  tool: string;
}

function Box({ question, tool }: Props) {
  const { by, answer } = question;
  const box = useRef<HTMLDialogElement>(null);
  const title = useId();
  const why = useId();
  // Before the element goes, so that closing it gives the focus back.
  useLayoutEffect(() => {
    const element = box.current;
    element?.showModal();
    // Main shows a box of its own if this does not come in time.
    if (question.by === 'leave') void window.refit.leave('asked');
    return () => element?.close();
  }, [question]);
  return (
    <dialog
      ref={box}
      className={styles.question}
      aria-labelledby={title}
      aria-describedby={why}
      data-testid="question"
      onCancel={(event) => {
        event.preventDefault();
        answer('cancel');
      }}
    >
      <h2 id={title}>{words.unsaved.title({ tool })}</h2>
      <p id={why}>{words.unsaved.removals[by]}</p>
      <div className={styles.answers}>
        {/* First, so that the focus begins there: Enter loses nothing. */}
        <Button look="primary" onClick={() => answer('save')} data-testid="question-save">
          {words.unsaved.save}
        </Button>
        <Button onClick={() => answer('discard')} data-testid="question-discard">
          {words.unsaved.discard}
        </Button>
        <Button look="quiet" onClick={() => answer('cancel')} data-testid="question-cancel">
          {words.unsaved.cancel} <Key>Esc</Key>
        </Button>
      </div>
    </dialog>
  );
}
