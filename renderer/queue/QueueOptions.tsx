import { useState } from 'react';
import { type PatternFault, patternFault } from '../../app/outputName';
import type { QueueSettings } from '../../app/queue';
import { words } from '../../words/window';
import { ChoiceRow, Hint } from '../parts/ChoiceRow';
import styles from '../parts/options.module.css';
import { useScreen } from '../store';
import { FormatRows, Kept, Sizes } from '../workspace/savedParts';
import queueStyles from './queue.module.css';
import { changeRecipe, changeSettings } from './settings';
import { givesText, makesTransparent, scaleOfSteps } from './steps';
import { useQueue } from './store';

interface Props {
  settings: QueueSettings;
  disabled: boolean;
}

/** How every picture of the queue is written, and what its file is called. */
export function QueueOptions({ settings, disabled }: Props) {
  const models = useScreen((screen) => screen.models);
  const text = givesText(models, settings.recipe.steps);
  return (
    <dl className={`${styles.options} ${styles.wraps} ${queueStyles.options}`} data-testid="queue-options">
      {text ? (
        <TextRows settings={settings} disabled={disabled} />
      ) : (
        <PictureRows settings={settings} disabled={disabled} />
      )}
      {!(text && settings.recipe.text.together) && <NameRow pattern={settings.pattern} disabled={disabled} />}
      <FolderRow keepFolders={settings.keepFolders} disabled={disabled} />
    </dl>
  );
}

/** Where nobody knows how large the pictures are. */
const usualWidth = 1920;

function PictureRows({ settings: { recipe }, disabled }: Props) {
  const models = useScreen((screen) => screen.models);
  const { format, quality, size, steps, keepMetadata, keepPlace } = recipe;
  return (
    <>
      <FormatRows
        format={format}
        quality={quality}
        disabled={disabled}
        onFormat={(value) => changeRecipe({ format: value })}
        onQuality={(value) => changeRecipe({ quality: value })}
      />
      {format === 'jpeg' && makesTransparent(models, steps) && (
        <div>
          <Hint>{words.panel.jpegWhite}</Hint>
        </div>
      )}
      <div>
        <dt id="output-size">{words.panel.size}</dt>
        <dd>
          <Sizes
            size={size}
            scale={scaleOfSteps(models, steps)}
            width={usualWidth}
            disabled={disabled}
            onChoose={(value) => changeRecipe({ size: value })}
          />
        </dd>
      </div>
      <Kept
        metadata={keepMetadata}
        place={keepPlace}
        disabled={disabled}
        onMetadata={(value) => changeRecipe({ keepMetadata: value })}
        onPlace={(value) => changeRecipe({ keepPlace: value })}
      />
    </>
  );
}

const textFormats = ['txt', 'csv', 'json'] as const;

function TextRows({ settings: { recipe }, disabled }: Props) {
  const { text } = recipe;
  return (
    <>
      <ChoiceRow
        name={words.text.format}
        testId="text-format"
        value={text.format}
        options={textFormats}
        labels={words.text.formats}
        disabled={disabled}
        onChoose={(format) => changeRecipe({ text: { ...text, format } })}
      >
        <Hint>{words.text.about[text.format]}</Hint>
      </ChoiceRow>
      <div>
        <dd className={styles.keep}>
          <label>
            <input
              type="checkbox"
              checked={text.together}
              disabled={disabled}
              data-testid="queue-together"
              onChange={({ target }) => changeRecipe({ text: { ...text, together: target.checked } })}
            />
            {words.queue.together}
          </label>
        </dd>
      </div>
    </>
  );
}

/** A pattern that no name can be made of stays in the field, with why, and is not used. */
function NameRow({ pattern, disabled }: { pattern: string; disabled: boolean }) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? pattern;
  const fault = patternFault(shown);
  const wrong = fault !== null && fault.kind !== 'same';
  return (
    <div>
      <dt>
        <label htmlFor="name-pattern">{words.queue.name}</label>
      </dt>
      <dd className={queueStyles.pattern}>
        <input
          id="name-pattern"
          type="text"
          value={shown}
          maxLength={200}
          spellCheck={false}
          disabled={disabled}
          aria-invalid={wrong}
          aria-describedby="name-pattern-hint"
          data-testid="name-pattern"
          onChange={({ target }) => {
            setTyped(target.value);
            const now = patternFault(target.value);
            if (now === null || now.kind === 'same') changeSettings({ pattern: target.value });
          }}
          onBlur={() => {
            if (!wrong) setTyped(null);
          }}
        />
      </dd>
      <dd
        id="name-pattern-hint"
        className={`small ${styles.hint} ${wrong ? queueStyles.fault : 'quiet'}`}
        role={wrong ? 'alert' : undefined}
      >
        {fault ? faultWords(fault) : words.queue.nameHint}
      </dd>
    </div>
  );
}

const faultWords = (fault: PatternFault): string =>
  fault.kind === 'unknown' ? words.queue.nameFaults.unknown(fault) : words.queue.nameFaults[fault.kind];

/** Of pictures that came in folders, where they do not lie beside them. */
function FolderRow({ keepFolders, disabled }: { keepFolders: boolean; disabled: boolean }) {
  const applies = useQueue(({ queue }) => queue.output !== null && queue.items.some(({ folder }) => folder !== ''));
  if (!applies) return null;
  return (
    <div>
      <dd className={styles.keep}>
        <label>
          <input
            type="checkbox"
            checked={keepFolders}
            disabled={disabled}
            data-testid="keep-folders"
            onChange={({ target }) => changeSettings({ keepFolders: target.checked })}
          />
          {words.queue.keepFolders}
        </label>
      </dd>
    </div>
  );
}
