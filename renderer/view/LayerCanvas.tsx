import { useEffect, useRef } from 'react';
import type { Placement, Size } from '../workspace/view';
import { watchChanges } from './changes';
import styles from './layer.module.css';
import { type LayerSource, LayerTiles } from './layerTiles';
import { usePixelRatio } from './pixelRatio';

interface Props {
  source: LayerSource;
  /** CSS pixels. */
  stage: Size;
  placement: Placement;
  testId: string;
  /** A CSS clip-path. */
  clip: string;
  /** Drawn faintly, under the brush. */
  faint?: boolean;
}

/** One layer on a canvas as large as the stage, whatever the layer's size. */
export function LayerCanvas({ source, stage, placement, testId, clip, faint = false }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = useRef<() => void>(() => {});
  const { layer, id, width, height, displayP3 } = source;
  const tiles = useRef<LayerTiles | null>(null);

  useEffect(() => {
    let frame = 0;
    const redraw = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => draw.current());
    };
    const made = new LayerTiles({ layer, id, width, height, displayP3 }, redraw);
    tiles.current = made;
    redraw();
    const stop = watchChanges((changed) => {
      if (layer === 'result' && changed.id === id) made.changed(changed.rects);
    });
    return () => {
      stop();
      cancelAnimationFrame(frame);
      made.close();
    };
  }, [layer, id, width, height, displayP3]);

  const ratio = usePixelRatio();
  useEffect(() => {
    const element = canvas.current;
    draw.current = () => {
      const context = element?.getContext('2d');
      if (!element || !context) return;
      const [wide, high] = [
        Math.max(1, Math.round(stage.width * ratio)),
        Math.max(1, Math.round(stage.height * ratio)),
      ];
      // Setting a size clears the canvas, so only another one is set.
      if (element.width !== wide) element.width = wide;
      if (element.height !== high) element.height = high;
      const scale = (placement.width / width) * ratio;
      tiles.current?.draw(context, { left: placement.left * ratio, top: placement.top * ratio, scale });
    };
    const frame = requestAnimationFrame(draw.current);
    return () => cancelAnimationFrame(frame);
  }, [ratio, stage.width, stage.height, placement.left, placement.top, placement.width, width]);

  return (
    <canvas
      ref={canvas}
      className={styles.layer}
      data-testid={testId}
      style={{ clipPath: clip }}
      data-faint={faint || undefined}
      aria-hidden
    />
  );
}
