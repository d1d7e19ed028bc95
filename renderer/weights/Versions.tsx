import { useEffect, useRef, useState } from 'react';
import type { ModelInfo, Outcome, VersionInfo } from '../../app/contract';
import type { ErrorReport } from '../../app/errors';
import { networksOf } from '../../app/tools';
import { versionName } from '../../words/notes';
import { words } from '../../words/window';
import { deviceFor } from '../device';
import { compareVersions } from '../job/compare';
import { Button } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import { useDevices, useScreen } from '../store';
import styles from './versions.module.css';

/** Chooses a tool's model version, and installs others. */
export function Versions({ model: { id: model }, model: info }: { model: ModelInfo }) {
  const [versions, setVersions] = useState<VersionInfo[]>([]);
  const [busy, setBusy] = useState<'choosing' | 'installing' | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);

  const shownTool = useRef(model);

  const list = async (): Promise<void> => {
    const answer = await window.refit.listVersions(model);
    // The person may have chosen another tool meanwhile.
    if (answer.ok && shownTool.current === model) setVersions(answer.value);
  };
  const act = async (doing: typeof busy, command: () => Promise<Outcome<unknown>>): Promise<void> => {
    setBusy(doing);
    setError(null);
    const answer = await command();
    if (!answer.ok && shownTool.current === model) setError(answer.error);
    await list();
    setBusy(null);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: listed anew for another tool, and after each command
  useEffect(() => {
    shownTool.current = model;
    setError(null);
    setVersions([]);
    void list();
  }, [model]);

  return (
    <div className={styles.versions}>
      {versions.length > 1 && (
        <label>
          {words.versions.label}
          <select
            data-testid="versions"
            disabled={busy !== null}
            value={versions.find(({ chosen }) => chosen)?.version ?? ''}
            onChange={({ target }) =>
              void act('choosing', () => window.refit.chooseVersion({ model, version: target.value }))
            }
          >
            {versions.map((version) => (
              <option key={version.version} value={version.version}>
                {versionName(version.installedAt)}
              </option>
            ))}
          </select>
        </label>
      )}
      <Compare model={info} versions={versions} />
      <Button
        look="quiet"
        data-testid="install-weights"
        disabled={busy !== null}
        onClick={() => void act('installing', () => window.refit.installWeights())}
      >
        {busy === 'installing' ? words.versions.installing : words.versions.install}
      </Button>
      {error && <ErrorInline error={error} />}
    </div>
  );
}

interface CompareProps {
  model: ModelInfo;
  versions: readonly VersionInfo[];
}

/** Runs the open picture through the chosen version and the newest other one. Two versions have engines on the GPU only. */
function Compare({ model, versions }: CompareProps) {
  const picture = useScreen((screen) => screen.app.picture);
  const isFree = useScreen(({ busy, app }) => busy.kind === 'no' && app.job.kind !== 'running');
  const devices = useDevices();
  const networks = networksOf(
    useScreen((screen) => screen.models),
    model.id,
  );
  const chosen = versions.find((version) => version.chosen);
  const other = versions.findLast((version) => !version.chosen);
  // The result of a tool with parts is no picture.
  if (!picture || !chosen || !other || networks.length > 1 || deviceFor(devices, networks)?.kind !== 'gpu') return null;
  const note = { code: 'COMPARED', left: other.installedAt, right: chosen.installedAt } as const;
  return (
    <Button
      data-testid="compare-versions"
      disabled={!isFree}
      onClick={() => void compareVersions(model, [other.version, chosen.version], note)}
    >
      {words.versions.compare({ name: versionName(other.installedAt) })}
    </Button>
  );
}
