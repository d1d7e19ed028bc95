import { useEffect, useState } from 'react';

/** Pixels of the screen for one CSS pixel: another once the window comes to a screen of another scale, or a person zooms. */
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
