// @vitest-environment happy-dom
import { act, fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { ModelInfo, RefitApi, VersionInfo } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { AppState } from '../../app/states';
import { wordsOf } from '../../words/errors';
import { models, scenes, workScenes } from '../dev/scenes';
import { press, sent, show } from '../dev/show.fixture';
import { Versions } from './Versions';

const [photo] = models as [ModelInfo];
const { picture } = workScenes as { picture: AppState };
const { cpu } = scenes as { cpu: AppState };
const both: VersionInfo[] = [
  { version: 'a', installedAt: null, chosen: true },
  { version: 'b', installedAt: '2026-11-20T10:00:00.000Z', chosen: false },
];
const listing = (versions: VersionInfo[]): Partial<RefitApi> => ({
  listVersions: async () => ({ ok: true, value: versions }),
});

it('offers no choice where there is one version', async () => {
  await show(<Versions model={photo} />, picture, { answers: listing(both.slice(0, 1)) });
  expect(screen.queryByRole('combobox')).toBeNull();
  expect(screen.getByRole('button', { name: 'Install an update…' })).toBeDefined();
});

it('chooses a version, and lists them anew', async () => {
  await show(<Versions model={photo} />, picture, { answers: listing(both) });
  const choice = screen.getByRole('combobox', { name: 'Model version' });
  await act(async () => void fireEvent.change(choice, { target: { value: 'b' } }));
  expect(sent.filter(([command]) => command !== 'view')).toEqual([
    ['listVersions', 'photo-x4'],
    ['chooseVersion', { model: 'photo-x4', version: 'b' }],
    ['listVersions', 'photo-x4'],
  ]);
});

it('does not say that it installs while a version is chosen', async () => {
  await show(<Versions model={photo} />, picture, {
    answers: { ...listing(both), chooseVersion: () => new Promise(() => {}) },
  });
  await act(async () => void fireEvent.change(screen.getByRole('combobox'), { target: { value: 'b' } }));
  expect((screen.getByRole('button', { name: 'Install an update…' }) as HTMLButtonElement).disabled).toBe(true);
});

it('can do nothing else while an update is installed', async () => {
  await show(<Versions model={photo} />, picture, {
    answers: { ...listing(both), installWeights: () => new Promise(() => {}) },
  });
  await press('Install an update…');
  expect((screen.getByRole('button', { name: 'Installing…' }) as HTMLButtonElement).disabled).toBe(true);
  expect((screen.getByRole('combobox') as HTMLSelectElement).disabled).toBe(true);
});

it('says why an update was not installed', async () => {
  const error = new AppError('CACHE_FULL', { neededBytes: 48e6 }).toReport();
  await show(<Versions model={photo} />, picture, {
    answers: { ...listing(both), installWeights: async () => ({ ok: false, error }) },
  });
  await press('Install an update…');
  expect(screen.getByRole('alert').textContent).toContain(wordsOf(error).message);
  expect(screen.getByRole('button', { name: 'Install an update…' })).toBeDefined();
});

it('compares two versions on the open picture, the other one on the left', async () => {
  await show(<Versions model={photo} />, picture, {
    answers: {
      ...listing([both[0] as VersionInfo, { version: 'b', installedAt: null, chosen: false }]),
      compareVersions: async () => ({ ok: true, value: { jobId: 3, outputs: null } }),
    },
  });
  await press('Compare with “Came with Refit”');
  expect(sent.at(-1)).toMatchObject(['compareVersions', { model: 'photo-x4', versions: ['b', 'a'], picture: 1 }]);
});

it('compares nothing on the processor', async () => {
  const app = { ...cpu, picture: picture.picture };
  await show(<Versions model={photo} />, app, { answers: listing(both) });
  expect(screen.getByRole('combobox')).toBeDefined();
  expect(screen.queryByRole('button', { name: /^Compare/ })).toBeNull();
});
