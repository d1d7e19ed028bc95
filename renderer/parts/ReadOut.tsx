import { useState } from 'react';

/** Gives a screen reader the words of each step, not those of each tile. */
export function ReadOut({ step, text }: { step: string; text: string }) {
  const [said, setSaid] = useState({ step, text });
  if (said.step !== step) setSaid({ step, text });
  return (
    <p className="offscreen" role="status" data-testid="status-said">
      {said.text}
    </p>
  );
}
