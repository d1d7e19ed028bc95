import { Folder } from 'lucide-react';
import { outputExample } from '../../app/outputName';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { useScreen } from '../store';
import { chooseOutput } from './commands';
import styles from './queue.module.css';
import { givesText, toolsIn } from './steps';
import { itemOf, type QueueScreen, useQueue } from './store';

/** Where the files go, with one of them as it will be called. */
export function Where({ output, canChange }: { output: string | null; canChange: boolean }) {
  const models = useScreen((screen) => screen.models);
  const looked = useScreen((screen) => screen.looked);
  const example = useQueue((screen) => exampleIn(screen, models, looked));
  return (
    <div className={styles.where} data-testid="queue-where">
      <p>
        <Folder size={16} aria-hidden />
        <span className="offscreen">{words.queue.where}</span>
        <span className={styles.folder}>{output ?? words.queue.beside}</span>
      </p>
      {example && (
        <p className={`small quiet ${styles.example}`} data-testid="queue-example">
          {example}
        </p>
      )}
      {canChange && (
        <div className={styles.places}>
          <Button look="quiet" onClick={() => void chooseOutput('choose')} data-testid="queue-choose">
            {words.queue.chooseFolder}
          </Button>
          {output !== null && (
            <Button look="quiet" onClick={() => void chooseOutput('beside')} data-testid="queue-beside">
              {words.queue.beside}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** The name that the result of the item that is looked at will have, else that of the first. */
function exampleIn(screen: QueueScreen, models: Parameters<typeof toolsIn>[0], looked: number | null): string | null {
  const { items, settings, output } = screen.queue;
  const item = itemOf(screen, looked) ?? items[0];
  if (!item || !settings) return null;
  const { recipe, pattern, keepFolders } = settings;
  const steps = item.steps ?? recipe.steps;
  const text = givesText(models, steps);
  // One file for all has a name that is no picture's.
  if (text && recipe.text.together) return null;
  const { size } = recipe;
  const facts = {
    name: item.name,
    tools: toolsIn(models, steps),
    format: text ? recipe.text.format : recipe.format,
    ...(size.kind === 'times' && { times: size.times }),
    ...(size.kind === 'width' && { times: Number.NaN }),
    number: items.indexOf(item) + 1,
    // Known once the picture is read: today's stands for it.
    date: new Date(),
  };
  return outputExample(pattern, facts, output === null || keepFolders ? item.folder : '');
}
