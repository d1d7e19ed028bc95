import { useEffect, useRef } from 'react';

interface Props {
  canvas: HTMLCanvasElement;
  testId: string;
  /** A CSS clip-path. */
  clip: string;
}

/** Hangs a canvas that lives in the store into the page: its pixels are never copied to be shown. */
export function CanvasLayer({ canvas, testId, clip }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    canvas.dataset.testid = testId;
    holder.current?.replaceChildren(canvas);
  }, [canvas, testId]);
  return <div ref={holder} className="layer" style={{ clipPath: clip }} />;
}
