import { useEffect, useState } from 'react';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { continueSetup } from './commands';
import styles from './setup.module.css';

/** A healthy driver answers within two seconds. */
const longMs = 4000;

/** The screen while main looks for the graphics card. After some seconds it offers a way on without it. */
export function Looking({ canSkip }: { canSkip: boolean }) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), longMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main className={styles.looking} aria-busy>
      <div className={styles.lookingWords}>
        <p role="status" data-testid="looking">
          {words.app.looking}
          {isLong && canSkip && ` ${words.app.lookingLong}`}
        </p>
        {isLong && canSkip && (
          <Button onClick={() => void continueSetup()} data-testid="looking-skip">
            {words.setup.skip}
          </Button>
        )}
      </div>
    </main>
  );
}
