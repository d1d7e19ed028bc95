/** Where the picture lies on the stage. Pure; all lengths in CSS pixels, from the stage's top left corner. */

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** `fit`: as large as the stage allows. `free`: `scale` is CSS pixels for one of the picture; `x` and `y` are the centre's offset from the stage's. */
export type View = { kind: 'fit' } | { kind: 'free'; scale: number; x: number; y: number };

export interface Placement extends Size {
  left: number;
  top: number;
  scale: number;
}

/** Around a picture that fits, in CSS pixels. */
const margin = 24;
/** The largest scale: CSS pixels for one pixel of the picture. */
const largest = 16;

/** The scale at which the whole picture shows with a margin around it. */
function fitScale(stage: Size, content: Size): number {
  const width = Math.max(stage.width - 2 * margin, 16);
  const height = Math.max(stage.height - 2 * margin, 16);
  return Math.min(width / content.width, height / content.height, largest);
}

/** The rectangle that the picture takes on the stage. */
export function place(view: View, stage: Size, content: Size): Placement {
  const scale = view.kind === 'fit' ? fitScale(stage, content) : view.scale;
  const width = content.width * scale;
  const height = content.height * scale;
  const offset = view.kind === 'fit' ? { x: 0, y: 0 } : view;
  return {
    left: (stage.width - width) / 2 + offset.x,
    top: (stage.height - height) / 2 + offset.y,
    width,
    height,
    scale,
  };
}

/** Zooms to a scale and keeps the point under `anchor` in place. At or below the fitting scale the view fits. */
export function zoomTo(view: View, stage: Size, content: Size, scale: number, anchor: Point): View {
  const now = place(view, stage, content);
  const wanted = Math.min(Math.max(scale, fitScale(stage, content)), largest);
  if (wanted <= fitScale(stage, content)) return { kind: 'fit' };
  const ratio = wanted / now.scale;
  const centre = { x: now.left + now.width / 2, y: now.top + now.height / 2 };
  return hold(
    {
      kind: 'free',
      scale: wanted,
      x: anchor.x + (centre.x - anchor.x) * ratio - stage.width / 2,
      y: anchor.y + (centre.y - anchor.y) * ratio - stage.height / 2,
    },
    stage,
    content,
  );
}

/** Moves a free view by a distance; a fitting view stays. */
export function pan(view: View, stage: Size, content: Size, dx: number, dy: number): View {
  return view.kind === 'fit' ? view : hold({ ...view, x: view.x + dx, y: view.y + dy }, stage, content);
}

/** Holds a free view at its edges, so that at most the margin is empty where the picture could be. */
function hold(view: Extract<View, { kind: 'free' }>, stage: Size, content: Size): View {
  const limit = (length: number, room: number) => Math.max((length - room) / 2 + margin, 0);
  const limitX = content.width * view.scale <= stage.width ? 0 : limit(content.width * view.scale, stage.width);
  const limitY = content.height * view.scale <= stage.height ? 0 : limit(content.height * view.scale, stage.height);
  const clamp = (value: number, bound: number) => Math.min(Math.max(value, -bound), bound);
  return { ...view, x: clamp(view.x, limitX), y: clamp(view.y, limitY) };
}

/** The part of a placement that can be seen. */
export function visible(placement: Placement, stage: Size): Size & { left: number; top: number } {
  const left = Math.max(placement.left, 0);
  const top = Math.max(placement.top, 0);
  return {
    left,
    top,
    width: Math.max(Math.min(placement.left + placement.width, stage.width) - left, 0),
    height: Math.max(Math.min(placement.top + placement.height, stage.height) - top, 0),
  };
}
