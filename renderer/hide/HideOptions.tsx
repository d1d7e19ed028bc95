import { Plus, SquareDashedMousePointer } from 'lucide-react';
import { hideStrengths, hideStyles } from '../../app/toolAnswer';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ChoiceRow, Hint } from '../parts/ChoiceRow';
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
    <dl className={`${optionsStyles.options} ${optionsStyles.wraps}`} data-testid="hide-options">
      <ChoiceRow
        name={words.hide.style}
        testId="hide"
        value={hidden.style}
        options={hideStyles}
        labels={words.hide.styles}
        disabled={saving}
        onChoose={(style) => changeHidden({ style })}
      />
      {hidden.style !== 'solid' && (
        <ChoiceRow
          name={words.hide.strength}
          testId="hide"
          value={hidden.strength}
          options={hideStrengths}
          labels={words.hide.strengths}
          disabled={saving}
          onChoose={(strength) => changeHidden({ strength })}
        >
          {hidden.style === 'blur' && <Hint>{words.hide.blurHint}</Hint>}
        </ChoiceRow>
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
        <Hint>{words.hide.hint}</Hint>
      </div>
    </dl>
  );
}
