import { formatCapability } from '../../app/machine';
import type { GpuFacts } from '../../app/states';
import { cudaVersion, graphicsMemory, runtimeName } from '../../words/numbers';
import { words } from '../../words/window';
import styles from './setup.module.css';

/** What the card is: memory, driver, what it runs. */
export function Facts({ facts }: { facts: GpuFacts }) {
  const { gpu, driver, runtime } = facts;
  const entries = [
    [words.setup.memory, graphicsMemory(gpu.vramBytes)],
    [words.setup.driver, driver.version ?? words.setup.driverCuda({ version: cudaVersion(driver.cudaVersion) })],
    [words.setup.capability, formatCapability(gpu.computeCapability)],
    [words.setup.engineLibrary, runtimeName(runtime)],
  ];
  return (
    <dl className={styles.facts} data-testid="facts">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
