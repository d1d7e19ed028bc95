// @vitest-environment happy-dom
import { act, fireEvent, screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { AppState } from '../../app/states';
import { App } from '../App';
import { workScenes } from '../dev/scenes';
import { press, sent, show } from '../dev/show.fixture';

const { text, noText } = workScenes as { text: AppState; noText: AppState };
const commands = () => sent.filter(([command]) => command !== 'view' && command !== 'listVersions');
const lines = () => within(screen.getByRole('region', { name: 'Text' }));

it('shows the lines in reading order, each with how sure it is', async () => {
  await show(<App />, text);
  expect(lines().getByText('Refit').nextSibling?.textContent).toBe('98 % sure');
  expect(lines().getByText('puts weights back').nextSibling?.textContent).toBe('42 % sure');
});

it('copies all of them, and says so on the button', async () => {
  await show(<App />, text);
  await press('Copy all');
  expect(commands()).toEqual([['copyText', 'Refit\nputs weights back']]);
  expect(screen.getByRole('button', { name: 'Copied' })).toBeDefined();
});

it('saves them in the chosen form; as a table only what is one', async () => {
  await show(<App />, text, { answers: { saveText: async () => ({ ok: true, value: { kind: 'cancelled' } }) } });
  expect(screen.queryByRole('radio', { name: 'Table' })).toBeNull();
  await act(async () => void fireEvent.click(screen.getByRole('radio', { name: 'JSON' })));
  await press('Save as…');
  expect(commands()).toMatchObject([['saveText', { suggestedName: 'cat.json', format: 'json' }]]);
});

it('has nothing to copy where there is no text, and says so', async () => {
  await show(<App />, noText);
  expect(lines().getByText('No text')).toBeDefined();
  expect((screen.getByRole('button', { name: 'Copy all' }) as HTMLButtonElement).disabled).toBe(true);
});
