// @vitest-environment happy-dom
import { screen, within } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { AppState } from '../../app/states';
import { scenes } from '../dev/scenes';
import { show } from '../dev/show.fixture';
import { ErrorBoundary } from './ErrorBoundary';

const { gpu } = scenes as { gpu: AppState };
afterEach(() => void vi.restoreAllMocks());

it('shows its children', async () => {
  await show(
    <ErrorBoundary>
      <p>All is well</p>
    </ErrorBoundary>,
    gpu,
  );
  expect(screen.getByText('All is well')).toBeDefined();
  expect(screen.queryByRole('alert')).toBeNull();
});

it('says in place of a screen that fails what to do, and why it failed', async () => {
  // React also writes a caught error to the console.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const Fails = () => {
    throw new Error('no such picture');
  };
  await show(
    <ErrorBoundary>
      <Fails />
    </ErrorBoundary>,
    gpu,
  );
  const alert = within(screen.getByRole('alert'));
  expect(alert.getByRole('heading', { name: 'This screen could not be drawn' })).toBeDefined();
  expect(alert.getByRole('button', { name: 'Load again' })).toBeDefined();
  expect(alert.getByText(/no such picture/)).toBeDefined();
});
