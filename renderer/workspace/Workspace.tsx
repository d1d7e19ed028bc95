import { useCallback, useEffect, useRef } from 'react';
import { words } from '../../words/window';
import { ErrorInline } from '../parts/ErrorInline';
import { openPicture } from '../picture/open';
import { addDropped, chooseFor } from '../queue/commands';
import { LookedAt } from '../queue/LookedAt';
import { Strip } from '../queue/Strip';
import { getQueueScreen, useQueue } from '../queue/store';
import { setScreen, useScreen } from '../store';
import { DropZone } from './DropZone';
import { useKeys } from './keys';
import { Panel } from './Panel';
import { PictureNotes } from './PictureNotes';
import { Stage } from './Stage';
import { StatusLine } from './StatusLine';
import { ToolList } from './ToolList';
import { useDroppedFiles } from './useDroppedFiles';
import styles from './workspace.module.css';

/** The screen for work: tools at the left, the picture in the middle, the chosen tool at the right, the status line below. */
export function Workspace() {
  const picture = useScreen((screen) => screen.app.picture);
  const error = useScreen((screen) => screen.pictureError);
  const chooser = useRef<HTMLInputElement>(null);
  const choose = useCallback(() => {
    // A lone picture takes the place of the last one: of a queue there is more than one.
    if (getQueueScreen().shown) void chooseFor('pictures');
    else chooser.current?.click();
  }, []);
  const hasQueue = useQueue((screen) => screen.shown);
  const dragging = useDroppedFiles();
  useKeys(choose);
  // For the bench (test/bench/firstRun.ts): from here on a picture can be opened and started.
  useEffect(() => void performance.mark('usable'), []);

  return (
    <div className={styles.workspace}>
      <ToolList />
      <main className={styles.middle} data-testid="drop-zone">
        <div className={styles.stageRoom}>
          {picture ? (
            <>
              {error && (
                <div className={styles.banner}>
                  <ErrorInline error={error} onClose={() => setScreen({ pictureError: null })} />
                </div>
              )}
              <LookedAt />
              <PictureNotes key={picture.id} notes={picture.notes} />
              <Stage picture={picture} />
            </>
          ) : hasQueue ? (
            <LookedAt alone />
          ) : (
            <DropZone onChoose={choose} />
          )}
          {dragging && <div className={styles.dropNow}>{words.picture.dropNow}</div>}
        </div>
        <Strip />
      </main>
      <Panel onChoose={choose} />
      <StatusLine />
      <input
        ref={chooser}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        multiple
        hidden
        data-testid="file-input"
        onChange={(event) => {
          const [file, ...others] = event.target.files ?? [];
          // An empty input sees a change when the same file is chosen again.
          event.target.value = '';
          if (others.length > 0) void addDropped(null, file ?? null);
          else if (file) void openPicture(file);
        }}
      />
    </div>
  );
}
