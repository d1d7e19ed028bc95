/** What a result is called by default. Pure. */
import type { ModelInfo } from '../../app/contract';

export type Format = 'png' | 'jpeg' | 'webp';

const endings: Record<Format | 'txt', string> = { png: 'png', jpeg: 'jpg', webp: 'webp', txt: 'txt' };

/** Text is called as its picture; "cat.png" and Photo ×4 → "cat ×4.png"; a tool that keeps the size adds its own name: "cat cut out.png". */
export function suggestName(
  pictureName: string,
  model: Pick<ModelInfo, 'name' | 'flow'>,
  format: Format | 'txt',
): string {
  const stem = pictureName.replace(/\.[^.]{1,5}$/, '').slice(0, 120) || 'picture';
  if (format === 'txt') return `${stem}.txt`;
  const scale = model.flow.kind === 'tiles' ? model.flow.scale : 1;
  const suffix = scale > 1 ? `×${scale}` : model.name.toLowerCase();
  return `${stem} ${suffix}.${endings[format]}`;
}
