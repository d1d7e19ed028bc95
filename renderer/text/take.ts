/** Text out of the window: to the clipboard, to a file. */
import { suggestName } from '../picture/name';
import { saveAsText } from '../picture/save';
import { getScreen, selectedModel, setScreen, shownResult } from '../store';

/** What was found, a line a region. */
const textOf = (): string | null =>
  shownResult(getScreen())
    ?.regions?.map(({ text }) => text)
    .join('\n') ?? null;

/** Copies all text. @returns whether it is on the clipboard; if not, the error is beside the button. */
export async function copyText(): Promise<boolean> {
  const text = textOf();
  if (text === null) return false;
  const answer = await window.refit.copyText(text);
  setScreen({ commandError: answer.ok ? null : answer.error });
  return answer.ok;
}

/** Has all text saved, as UTF-8 with a line end behind each line. */
export async function saveText(): Promise<void> {
  const { saving, app } = getScreen();
  const model = selectedModel(getScreen());
  const text = textOf();
  if (!model || !app.picture || text === null || saving.kind === 'saving') return;
  await saveAsText(suggestName(app.picture.name, model, 'txt'), `${text}\n`);
}
