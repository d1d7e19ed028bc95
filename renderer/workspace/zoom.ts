/** Zoom as a command, for keys and buttons. */
import { getScreen, resultSize, type Screen, setScreen } from '../store';
import { type Point, pan, place, type Size, zoomTo } from './view';

/** The size of what lies on the stage, in pixels of the result, or of the result to come. */
export const contentSize = (screen: Screen): Size | null => resultSize(screen);

/** Zooms by a factor around a point of the stage. @param anchor its middle if left out. */
export function zoomBy(factor: number, anchor?: Point): void {
  const content = contentSize(getScreen());
  if (!content) return;
  const { view, stage } = getScreen();
  zoomScale(place(view, stage, content).scale * factor, anchor);
}

/** Fits the picture to the stage. */
export function zoomFit(): void {
  setScreen({ view: { kind: 'fit' } });
}

/** Shows one pixel of the result on one of the screen. */
export function zoomFull(): void {
  zoomScale(1 / window.devicePixelRatio);
}

/** @param anchor see zoomBy. */
function zoomScale(scale: number, anchor?: Point): void {
  const screen = getScreen();
  const { view, stage } = screen;
  const content = contentSize(screen);
  const middle = { x: stage.width / 2, y: stage.height / 2 };
  if (content) setScreen({ view: zoomTo(view, stage, content, scale, anchor ?? middle) });
}

/** Moves the picture by CSS pixels. */
export function panBy(dx: number, dy: number): void {
  const screen = getScreen();
  const content = contentSize(screen);
  if (content) setScreen({ view: pan(screen.view, screen.stage, content, dx, dy) });
}

/** Keys that zoom from anywhere. */
export function zoomKey(key: string): void {
  if (key === '+' || key === '=') zoomBy(1.25);
  else if (key === '-') zoomBy(0.8);
  else if (key === '0') zoomFit();
  else if (key === '1') zoomFull();
}
