import { useTranslation } from 'react-i18next';
import { formatCapability } from '../../app/machine';
import type { GpuFacts } from '../../app/states';
import { cudaVersion, graphicsMemory, runtimeName } from '../words/numbers';

/** What the card is: memory, driver, what it runs. */
export function Facts({ facts }: { facts: GpuFacts }) {
  const { t } = useTranslation();
  const { gpu, driver, runtime } = facts;
  const entries = [
    [t('setup.memory'), graphicsMemory(gpu.vramBytes)],
    [t('setup.driver'), driver.version ?? t('setup.driverCuda', { version: cudaVersion(driver.cudaVersion) })],
    [t('setup.capability'), formatCapability(gpu.computeCapability)],
    [t('setup.engineLibrary'), runtimeName(runtime)],
  ];
  return (
    <dl className="facts">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
