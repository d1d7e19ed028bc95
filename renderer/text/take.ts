/** Takes text out of the window, to the clipboard or a file. */
import type { TextFormat } from '../../app/contract';
import { csvOf, isTable, jsonOf, rowsOf, textOf } from '../../app/textRows';
import type { TextRegion } from '../../models/tool';
import { suggestName } from '../picture/name';
import { saveAsText } from '../picture/save';
import { getScreen, selectedModel, setScreen, shownResult } from '../store';

/** Copies all text. @returns whether it is on the clipboard; if not, the error is beside the button. */
export async function copyText(): Promise<boolean> {
  const regions = shownResult(getScreen())?.regions;
  if (!regions) return false;
  const answer = await window.refit.copyText(textOf(rowsOf(regions)));
  setScreen({ commandError: answer.ok ? null : answer.error });
  return answer.ok;
}

/** Formats that the text can be saved in; a table only if it is one. */
export function textFormats(regions: readonly TextRegion[]): TextFormat[] {
  return isTable(rowsOf(regions)) ? ['txt', 'csv', 'json'] : ['txt', 'json'];
}

/** The chosen format; text if a table was chosen and the text is none. */
export const formatFor = (regions: readonly TextRegion[], chosen: TextFormat): TextFormat =>
  textFormats(regions).includes(chosen) ? chosen : 'txt';

/** Has all text saved in the chosen format, as UTF-8. */
export async function saveText(): Promise<void> {
  const { saving, app, textFormat } = getScreen();
  const model = selectedModel(getScreen());
  const regions = shownResult(getScreen())?.regions;
  const { picture } = app;
  if (!model || !picture || !regions || saving.kind === 'saving') return;
  const format = formatFor(regions, textFormat);
  const rows = rowsOf(regions);
  const texts = { txt: () => `${textOf(rows)}\n`, csv: () => csvOf(rows), json: () => jsonOf(picture, regions) };
  await saveAsText(suggestName(picture.name, model, format), format, texts[format]());
}
