import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import type { OpenPicture } from '../../app/states';
import { words } from '../../words/window';
import { BrushLayer } from '../cut/BrushLayer';
import { cutIn } from '../cut/edit';
import { BoxLayer } from '../hide/BoxLayer';
import { setScreen, shownResult, useScreen } from '../store';
import { TextLayer } from '../text/TextLayer';
import { LayerCanvas } from '../view/LayerCanvas';
import { CompareSlider } from './CompareSlider';
import { arrowStep, followPointer } from './pointer';
import styles from './stage.module.css';
import { place, visible } from './view';
import { contentSize, panBy, zoomBy } from './zoom';

const panStep = 64;

/** The picture, the result over it, and the slider between them. */
export function Stage({ picture }: { picture: OpenPicture }) {
  const stage = useStage();
  const size = useScreen((screen) => screen.stage);
  const view = useScreen((screen) => screen.view);
  const compare = useScreen((screen) => screen.compare);
  const result = useScreen(shownResult);
  const width = useScreen((screen) => contentSize(screen)?.width ?? 1);
  const height = useScreen((screen) => contentSize(screen)?.height ?? 1);

  const placement = place(view, size, { width, height });
  const { scale: _, ...bounds } = placement;
  const seen = visible(placement, size);
  const brushes = useScreen((screen) => screen.brush !== null && cutIn(screen) !== null);
  // Under the brush all of the result shows.
  const compares = result?.pixels === true && result.kind !== 'growing' && !brushes;
  // The slider's line, in CSS pixels from the stage's left edge.
  const line = compares ? Math.max(0, seen.left + (seen.width * compare) / 100) : 0;
  // The original shows through an unfinished result where no tile has come yet.
  const clipOriginal = compares && result.kind === 'finished';

  return (
    <section
      ref={stage}
      className={styles.stage}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the picture, so it must be reachable
      tabIndex={0}
      aria-label={words.picture.area}
      data-free={view.kind === 'free' || undefined}
      onPointerDown={startPan}
      onKeyDown={panWithKeys}
      data-testid="stage"
    >
      <div
        className={styles.frame}
        data-testid="frame"
        data-transparent={result?.transparent || picture.transparent || undefined}
        style={bounds}
      />
      <LayerCanvas
        source={
          result?.compared
            ? { layer: 'before', id: result.id, width, height, displayP3: picture.displayP3 }
            : { ...picture, layer: 'original' }
        }
        stage={size}
        placement={placement}
        testId="original-canvas"
        faint={brushes}
        clip={clipOriginal ? `inset(0 ${Math.max(size.width - line, 0)}px 0 0)` : 'none'}
      />
      {result?.pixels && (
        <LayerCanvas
          source={{ layer: 'result', id: result.id, width, height, displayP3: picture.displayP3 }}
          stage={size}
          placement={placement}
          testId="result-canvas"
          clip={compares ? `inset(0 0 0 ${line}px)` : 'none'}
        />
      )}
      {result?.regions && (
        <div className={styles.text} style={bounds}>
          <TextLayer regions={result.regions} width={picture.width} height={picture.height} />
        </div>
      )}
      {result?.hides && <BoxLayer placement={placement} width={picture.width} height={picture.height} />}
      {brushes && <BrushLayer placement={placement} width={picture.width} height={picture.height} />}
      {compares && <CompareSlider value={compare} area={seen} onChange={(value) => setScreen({ compare: value })} />}
    </section>
  );
}

/** Watches the stage's size; the wheel zooms where it points. */
function useStage() {
  const stage = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const { width, height } = entry.contentRect;
      setScreen({ stage: { width, height } });
    });
    observer.observe(element);
    // React's own listener is passive, so it could not keep the wheel from scrolling.
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoomBy(Math.exp(-event.deltaY * 0.0015), { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener('wheel', wheel);
    };
  }, []);
  return stage;
}

function startPan(event: PointerEvent<HTMLElement>): void {
  if (event.button !== 0 || (event.target instanceof Element && event.target.closest('[role="slider"], svg text')))
    return;
  let { clientX, clientY } = event;
  followPointer(event, (to) => {
    panBy(to.clientX - clientX, to.clientY - clientY);
    ({ clientX, clientY } = to);
  });
}

function panWithKeys(event: KeyboardEvent): void {
  if (event.target !== event.currentTarget) return;
  // The picture moves against the arrow, as if the stage moved over it.
  const step = arrowStep(event.key, -panStep);
  if (step) panBy(...step);
}
