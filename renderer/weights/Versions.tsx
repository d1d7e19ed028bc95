import './versions.css';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Outcome, VersionInfo } from '../../app/contract';
import type { ErrorReport } from '../../app/errors';
import { Button } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';

/** Which weights a tool uses, and where others come from. Switching back is as quick as switching. */
export function Versions({ model }: { model: string }) {
  const { t, i18n } = useTranslation();
  const [versions, setVersions] = useState<VersionInfo[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorReport | null>(null);

  const list = async (): Promise<void> => {
    const answer = await window.refit.listVersions(model);
    if (answer.ok) setVersions(answer.value);
  };
  const act = async (command: () => Promise<Outcome<unknown>>): Promise<void> => {
    setBusy(true);
    setError(null);
    const answer = await command();
    if (!answer.ok) setError(answer.error);
    await list();
    setBusy(false);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: listed anew for another tool, and after each command
  useEffect(() => {
    setError(null);
    void list();
  }, [model]);

  const nameOf = ({ installedAt }: VersionInfo): string =>
    installedAt === null
      ? t('versions.shipped')
      : t('versions.installed', { date: new Date(installedAt).toLocaleString(i18n.language) });
  return (
    <div className="versions">
      {versions.length > 1 && (
        <label>
          {t('versions.label')}
          <select
            data-testid="versions"
            disabled={isBusy}
            value={versions.find(({ chosen }) => chosen)?.version ?? ''}
            onChange={({ target }) => void act(() => window.refit.chooseVersion({ model, version: target.value }))}
          >
            {versions.map((version) => (
              <option key={version.version} value={version.version}>
                {nameOf(version)}
              </option>
            ))}
          </select>
        </label>
      )}
      <Button
        look="quiet"
        data-testid="install-weights"
        disabled={isBusy}
        onClick={() => void act(() => window.refit.installWeights())}
      >
        {t(isBusy ? 'versions.installing' : 'versions.install')}
      </Button>
      {error && <ErrorInline error={error} />}
    </div>
  );
}
