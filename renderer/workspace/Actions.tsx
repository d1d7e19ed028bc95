import { Check, FolderOpen } from 'lucide-react';
import { formatRefusal } from '../../app/pictureLimits';
import { resultNote } from '../../words/notes';
import { words } from '../../words/window';
import { cancelJob, startJob, takeResult } from '../job/run';
import { Button, Key } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import { saveResult } from '../picture/save';
import { showInFolder } from '../setup/commands';
import { outputSize, type Screen, setScreen, shownJob, shownResult, useScreen } from '../store';
import { CopyText } from '../text/CopyText';
import { saveText } from '../text/take';
import { LongJob } from './LongJob';
import styles from './panel.module.css';

/** Start, then Cancel, then Save: one primary button at a time, and beside it how the command went. */
export function Actions({ onChoose }: { onChoose: () => void }) {
  const job = useScreen(shownJob);
  const picture = useScreen((screen) => screen.app.picture);
  const result = useScreen(shownResult);
  const busy = useScreen((screen) => screen.busy);
  const error = useScreen((screen) => screen.commandError);
  // A change that main has yet to apply would be left out.
  const draft = useScreen((screen) => screen.draft !== null);
  const running = job.kind === 'running';
  const failed = job.kind === 'failed' ? job.reason : null;
  const setback = running || job.kind === 'done' ? job.setback : undefined;
  return (
    <div className={styles.actions} data-testid="actions">
      {result?.note && !running && (
        <p className={styles.note} role="status" data-testid="note">
          {resultNote(result.note)}
        </p>
      )}
      <LongJob />
      {running ? (
        <Button onClick={() => void cancelJob()} data-testid="cancel">
          {words.panel.cancel} <Key>Esc</Key>
        </Button>
      ) : result?.kind === 'finished' ? (
        <Save text={result.regions !== undefined} />
      ) : (
        <Button
          look="primary"
          disabled={!picture || busy.kind !== 'no'}
          onClick={() => void startJob()}
          data-testid="start"
        >
          {busy.kind === 'finishing'
            ? words.panel.finishing
            : result?.kind === 'partial'
              ? words.panel.startAgain
              : words.panel.start}
        </Button>
      )}
      {result?.kind === 'finished' && result.pixels && !result.compared && !running && (
        <Button
          look="quiet"
          disabled={busy.kind !== 'no' || draft}
          title={words.panel.useAsInputHint}
          onClick={() => void takeResult()}
          data-testid="use-as-input"
        >
          {words.panel.useAsInput}
        </Button>
      )}
      {picture && !running && (
        <Button look="quiet" onClick={onChoose} data-testid="open-another">
          {words.panel.another}
        </Button>
      )}
      {failed && <ErrorInline error={failed} />}
      {setback && <ErrorInline error={setback} tone="amber" />}
      {error && <ErrorInline error={error} onClose={() => setScreen({ commandError: null })} />}
    </div>
  );
}

const savingWords = (share = 0): string =>
  share > 0 && share < 1 ? words.panel.savingShare({ share: Math.round(share * 100) }) : words.panel.saving;

/** Whether the chosen format cannot hold so large a picture. */
function isRefused(screen: Screen): boolean {
  const size = outputSize(screen);
  return size !== null && formatRefusal(screen.format, size.width, size.height) !== null;
}

/** Save and Copy: Save is primary for a picture, Copy for text. */
function Save({ text }: { text: boolean }) {
  const saving = useScreen((screen) => screen.saving);
  // OutputOptions says why, beside the format.
  const refused = useScreen((screen) => !text && isRefused(screen));
  return (
    <>
      {text && <CopyText />}
      <Button
        look={text ? 'plain' : 'primary'}
        disabled={saving.kind === 'saving' || refused}
        onClick={() => void (text ? saveText() : saveResult())}
        data-testid="save"
      >
        {saving.kind === 'saving' ? savingWords(saving.share) : text ? words.text.save : words.panel.save}
      </Button>
      {saving.kind === 'saving' && !text && (
        <Button onClick={() => void window.refit.cancelSave()} data-testid="cancel-save">
          {words.panel.cancelSave}
        </Button>
      )}
      {saving.kind === 'saved' && (
        <div className={styles.saved} role="status" data-testid="saved">
          <p>
            <Check size={16} aria-hidden />
            <span>{words.panel.saved({ name: saving.name })}</span>
          </p>
          <Button onClick={() => void showInFolder()} data-testid="show-in-folder">
            <FolderOpen size={16} aria-hidden />
            {words.panel.show}
          </Button>
        </div>
      )}
      {saving.kind === 'failed' && <ErrorInline error={saving.error} />}
    </>
  );
}
