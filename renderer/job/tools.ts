/** Every model's own code, found by its folder, so that a tool is added by adding one. */
import { AppError } from '../../app/errors';
import type { Tool } from '../../models/tool';

const found = import.meta.glob<{ tool: Tool }>('../../models/*/tool.ts', { eager: true });

/** @throws AppError INTERNAL if a `whole` model came without code. */
export function toolFor(model: string): Tool {
  const module = found[`../../models/${model}/tool.ts`];
  if (!module) throw new AppError('INTERNAL', {}, `Expected models/${model}/tool.ts but found none.`);
  return module.tool;
}
