/** Saves the result through main, which asks where to. */
import type { Outcome, Saved, TextFormat } from '../../app/contract';
import { settled } from '../job/change';
import { getScreen, keepsPlace, outputSize, selectedModel, setScreen, shownResult } from '../store';
import { suggestName } from './name';

/** Saves the finished result; `saving` in the store says how that goes. */
export async function saveResult(): Promise<void> {
  const screen = getScreen();
  const model = selectedModel(screen);
  const result = shownResult(screen);
  const size = outputSize(screen);
  const { format, quality, keepMetadata, saving, app } = screen;
  if (!model || !app.picture || !size || result?.kind !== 'finished' || !result.pixels || saving.kind === 'saving')
    return;
  const suggestedName = suggestName(app.picture.name, model, format, size.width / app.picture.width);
  const wanted = { suggestedName, format, quality, ...size, keepMetadata, keepPlace: keepsPlace(screen) };
  // What main has yet to apply is in the file too.
  await shown(settled().then(() => window.refit.save(wanted)));
}

/** Saves a text; `saving` in the store says how that goes. */
export const saveAsText = (suggestedName: string, format: TextFormat, text: string): Promise<void> =>
  shown(window.refit.saveText({ suggestedName, format, text }));

let saves = 0;

async function shown(answer: Promise<Outcome<Saved>>): Promise<void> {
  const save = ++saves;
  setScreen({ saving: { kind: 'saving' } });
  const saved = await answer;
  // Another picture was opened meanwhile, and perhaps is saved: the end of this one would be taken for its own.
  if (save !== saves || getScreen().saving.kind !== 'saving') return;
  if (!saved.ok) setScreen({ saving: { kind: 'failed', error: saved.error } });
  else if (saved.value.kind === 'cancelled') setScreen({ saving: { kind: 'no' } });
  else setScreen({ saving: { kind: 'saved', name: saved.value.name, folder: saved.value.folder } });
}
