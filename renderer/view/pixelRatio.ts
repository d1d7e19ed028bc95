import { useEffect, useState } from 'react';

/** Screen pixels per CSS pixel. It changes where the window moves to a screen of another scale, or the page is zoomed. */
export function usePixelRatio(): number {
  const [ratio, setRatio] = useState(window.devicePixelRatio);
  useEffect(() => {
    const same = window.matchMedia(`(resolution: ${ratio}dppx)`);
    const look = (): void => setRatio(window.devicePixelRatio);
    look();
    same.addEventListener('change', look);
    return () => same.removeEventListener('change', look);
  }, [ratio]);
  return ratio;
}
