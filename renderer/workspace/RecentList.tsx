import { Folder, Image } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { RecentItem } from '../../app/contract';
import type { ErrorReport } from '../../app/errors';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { setScreen } from '../store';
import styles from './recent.module.css';

/** What was opened last, each opened again by one click. */
export function RecentList() {
  const [recent, setRecent] = useState<RecentItem[]>([]);
  const refresh = async (): Promise<void> => {
    const answer = await window.refit.listRecent();
    if (answer.ok) setRecent(answer.value);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once, as the empty screen comes
  useEffect(() => void refresh(), []);
  if (recent.length === 0) return null;
  const open = async (id: number) => {
    const answer = await window.refit.openRecent(id);
    if (answer.ok) return;
    say(answer.error);
    // One that is gone is listed no more.
    await refresh();
  };
  const clear = async () => {
    await window.refit.clearRecent();
    setRecent([]);
  };
  return (
    <section className={styles.recent} aria-label={words.picture.recent} data-testid="recent">
      <div className={styles.head}>
        <h3>{words.picture.recent}</h3>
        <Button look="quiet" onClick={() => void clear()} data-testid="recent-clear">
          {words.picture.clearRecent}
        </Button>
      </div>
      <ul>
        {recent.map(({ id, kind, name, folder }) => (
          <li key={id}>
            <button type="button" title={words.picture.recentIn({ name, folder })} onClick={() => void open(id)}>
              {kind === 'folder' ? <Folder size={16} aria-hidden /> : <Image size={16} aria-hidden />}
              <span className={styles.name}>{name}</span>
              <span className={`quiet ${styles.folder}`}>{folder}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const say = (pictureError: ErrorReport): void => setScreen({ pictureError });
