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
        style={{ left: placement.left, top: placement.top, width: placement.width, height: placement.height }}
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
        <div
          className={styles.text}
          style={{ left: placement.left, top: placement.top, width: placement.width, height: placement.height }}
        >
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
  const element = event.currentTarget;
  let { clientX, clientY } = event;
  element.setPointerCapture(event.pointerId);
  const move = (to: globalThis.PointerEvent) => {
    panBy(to.clientX - clientX, to.clientY - clientY);
    ({ clientX, clientY } = to);
  };
  const end = () => {
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', end);
    element.removeEventListener('pointercancel', end);
  };
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', end);
  element.addEventListener('pointercancel', end);
}

function panWithKeys(event: KeyboardEvent): void {
  if (event.target !== event.currentTarget) return;
  if (event.key === 'ArrowLeft') panBy(panStep, 0);
  else if (event.key === 'ArrowRight') panBy(-panStep, 0);
  else if (event.key === 'ArrowUp') panBy(0, panStep);
  else if (event.key === 'ArrowDown') panBy(0, -panStep);
}
