/** A person's edits of a picture that is cut out, with undo and redo. */
import { type Cut, maxCutNumbers, maxStrokes, type Stroke } from '../../app/toolAnswer';
import { changeIn, sendChange } from '../job/change';
import { getScreen, type Refined, type Screen, setScreen, shownResult } from '../store';

/** How the shown result is cut out, with the change that main has yet to apply. */
export const cutIn = (screen: Screen): Cut | null => changeIn(screen, 'cut');

const historyIn = (screen: Screen): { past: Refined[]; future: Refined[] } => {
  const { cutHistory } = screen;
  return cutHistory && cutHistory.jobId === shownResult(screen)?.id ? cutHistory : { past: [], future: [] };
};
export const canUndo = (screen: Screen): boolean => historyIn(screen).past.length > 0;
export const canRedo = (screen: Screen): boolean => historyIn(screen).future.length > 0;

export function setGround(ground: Cut['ground']): void {
  const cut = cutIn(getScreen());
  if (cut) sendChange({ ...cut, ground });
}

export function setBase(base: Cut['base']): void {
  refine((cut) => ({ base, strokes: cut.strokes }));
}

/** Whether one more stroke is taken. */
export const isFull = ({ strokes }: Refined): boolean =>
  strokes.length >= maxStrokes || numbersIn(strokes) >= maxCutNumbers;

export function addStroke(stroke: Stroke): void {
  refine(({ base, strokes }) => {
    const room = maxCutNumbers - numbersIn(strokes);
    if (isFull({ base, strokes }) || room < 2) return null;
    return { base, strokes: [...strokes, { ...stroke, points: stroke.points.slice(0, room) }] };
  });
}

export const undo = (): void => travel('past', 'future');
export const redo = (): void => travel('future', 'past');

const numbersIn = (strokes: readonly Stroke[]): number => strokes.reduce((sum, { points }) => sum + points.length, 0);

function refine(change: (cut: Cut) => Refined | null): void {
  const screen = getScreen();
  const cut = cutIn(screen);
  const result = shownResult(screen);
  const refined = cut && change(cut);
  if (!cut || !result || !refined || !sendChange({ ...cut, ...refined })) return;
  const { base, strokes } = cut;
  setScreen({ cutHistory: { jobId: result.id, past: [...historyIn(screen).past, { base, strokes }], future: [] } });
}

function travel(from: 'past' | 'future', to: 'past' | 'future'): void {
  const screen = getScreen();
  const cut = cutIn(screen);
  const result = shownResult(screen);
  const history = historyIn(screen);
  const refined = history[from].at(-1);
  if (!cut || !result || !refined || !sendChange({ ...cut, ...refined })) return;
  const { base, strokes } = cut;
  const next = { ...history, [from]: history[from].slice(0, -1), [to]: [...history[to], { base, strokes }] };
  setScreen({ cutHistory: { jobId: result.id, past: next.past, future: next.future } });
}
