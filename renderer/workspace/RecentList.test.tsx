// @vitest-environment happy-dom
import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { RecentItem } from '../../app/contract';
import { AppError } from '../../app/errors';
import { workScenes } from '../dev/scenes';
import { press, sent, show } from '../dev/show.fixture';
import { getScreen } from '../store';
import { RecentList } from './RecentList';

const recent: RecentItem[] = [
  { id: 3, kind: 'folder', name: 'Holiday', folder: 'Pictures' },
  { id: 2, kind: 'picture', name: 'cat.png', folder: 'Downloads' },
];
const listRecent = async () => ({ ok: true as const, value: recent });
const state = Object.values(workScenes)[0];
if (!state) throw new Error('No scene');
const asked = () => sent.filter(([command]) => command !== 'listRecent');

it('opens what was opened before by one click, and is empty once it was cleared', async () => {
  await show(<RecentList />, state, { answers: { listRecent } });
  await press(/^Holiday/);
  await press('Clear list');
  expect(asked()).toEqual([['openRecent', 3], ['clearRecent']]);
  expect(screen.queryByRole('list')).toBeNull();
});

it('says what is gone', async () => {
  const error = new AppError('PICTURE_NOT_OPENED', { name: 'cat.png' }).toReport();
  await show(<RecentList />, state, { answers: { listRecent, openRecent: async () => ({ ok: false, error }) } });
  await press(/^cat\.png/);
  expect(getScreen().pictureError).toEqual(error);
});
