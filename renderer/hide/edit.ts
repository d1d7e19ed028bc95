/** A person's edits of the boxes that *Blur faces* hides. */
import { type Box, type Hidden, maxBoxes } from '../../app/toolAnswer';
import { changeIn, sendChange } from '../job/change';
import { getScreen, type Screen } from '../store';

/** What is hidden in the shown result, with the change that main has yet to apply. */
export const hiddenIn = (screen: Screen): Hidden | null => changeIn(screen, 'hide');

export function changeHidden(change: Partial<Omit<Hidden, 'kind'>>): void {
  const hidden = hiddenIn(getScreen());
  if (hidden) sendChange({ ...hidden, ...change });
}

export function replaceBox(index: number, box: Box): void {
  const hidden = hiddenIn(getScreen());
  if (hidden) changeHidden({ boxes: hidden.boxes.map((each, i) => (i === index ? box : each)) });
}

export function removeBox(index: number): void {
  const hidden = hiddenIn(getScreen());
  if (hidden) changeHidden({ boxes: hidden.boxes.filter((_, i) => i !== index) });
}

/** @returns its index; null where no more are taken. */
export function addBox(box: Box): number | null {
  const hidden = hiddenIn(getScreen());
  if (!hidden || hidden.boxes.length >= maxBoxes) return null;
  changeHidden({ boxes: [...hidden.boxes, box] });
  return hidden.boxes.length;
}
