/** This machine, as the commands ask about it. */
import type { Machine } from '../../app/machine';
import { defaultRuntime } from '../../app/runtimes';
import { selectDevice } from '../../app/select';
import { detectUnchecked } from '../../host/detect';
import type { Binding } from '../../native/binding';
import { fullWordsOf } from '../../words/errors';
import { pathsIn, repository } from '../engines/build';
import { exitCode, Refusal } from './command';

export const where = pathsIn(repository);
export const addonFile = where.addon(defaultRuntime);
export const libraryDir = where.libraries(defaultRuntime);

/** The addon and what it finds here. @throws AppError ADDON_BROKEN where it is not compiled or does not load. */
export const here = (runtime = defaultRuntime): { binding: Binding; machine: Machine } =>
  detectUnchecked(where.addon(runtime), where.libraries(runtime));

/** @param runtime that must serve it. @throws Refusal, with its own exit code, where no GPU serves. */
export function requireGpu(runtime?: string): void {
  const device = selectDevice(here(runtime).machine);
  if (device.kind === 'gpu') return;
  throw new Refusal(`This needs a GPU. ${fullWordsOf(device.reason)}`, exitCode.noGpu, device.reason.detail);
}
