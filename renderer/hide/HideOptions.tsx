import { Plus, SquareDashedMousePointer } from 'lucide-react';
import { hideStrengths, hideStyles } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { Choice } from '../parts/Choice';
import optionsStyles from '../parts/options.module.css';
import { getScreen, setScreen, useScreen } from '../store';
import { middleBox } from './BoxLayer';
import { addBox, changeHidden, hiddenIn } from './edit';
import styles from './hide.module.css';

/** Chooses how faces are hidden, and adds boxes for faces that the tool missed. */
export function HideOptions() {
  const hidden = useScreen(hiddenIn);
  const drawing = useScreen((screen) => screen.drawingBox);
  const saving = useScreen((screen) => screen.saving.kind === 'saving');
  if (!hidden) return null;
  const add = () => {
    const { picture } = getScreen().app;
    if (picture) addBox(middleBox(picture.width, picture.height));
  };
  return (
    <dl className={`${optionsStyles.options} ${styles.options}`} data-testid="hide-options">
      <div>
        <dt id="hide-style">{words.hide.style}</dt>
        <dd>
          <Choice
            labelledBy="hide-style"
            testId="hide"
            value={hidden.style}
            options={hideStyles.map((value) => ({ value, label: words.hide.styles[value] }))}
            disabled={saving}
            onChoose={(style) => changeHidden({ style })}
          />
        </dd>
      </div>
      {hidden.style !== 'solid' && (
        <div>
          <dt id="hide-strength">{words.hide.strength}</dt>
          <dd>
            <Choice
              labelledBy="hide-strength"
              testId="hide"
              value={hidden.strength}
              options={hideStrengths.map((value) => ({ value, label: words.hide.strengths[value] }))}
              disabled={saving}
              onChoose={(strength) => changeHidden({ strength })}
            />
          </dd>
          {hidden.style === 'blur' && <dd className={`small quiet ${optionsStyles.hint}`}>{words.hide.blurHint}</dd>}
        </div>
      )}
      <div>
        <dt>{words.hide.boxes({ count: hidden.boxes.length })}</dt>
        <dd className={styles.add}>
          <Button
            look="quiet"
            aria-pressed={drawing}
            disabled={saving}
            onClick={() => setScreen({ drawingBox: !drawing })}
            data-testid="hide-draw"
          >
            <SquareDashedMousePointer size={16} aria-hidden />
            {words.hide.draw}
          </Button>
          <Button look="quiet" disabled={saving} onClick={add} aria-label={words.hide.add} data-testid="hide-add">
            <Plus size={16} aria-hidden />
          </Button>
        </dd>
        <dd className={`small quiet ${optionsStyles.hint}`}>{words.hide.hint}</dd>
      </div>
    </dl>
  );
}
