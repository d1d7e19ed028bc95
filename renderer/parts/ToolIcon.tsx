import { Images, ImageUpscale, type LucideIcon, ScanFace, Scissors, WandSparkles, Zap } from 'lucide-react';
import type { ModelInfo } from '../../app/contract';

/** Icons of the tools that come with Refit; any other gets one by how it works. */
const known: Record<string, LucideIcon> = {
  'photo-x4': ImageUpscale,
  'fast-x4': Zap,
  'cut-out': Scissors,
  'blur-faces': ScanFace,
};

export function ToolIcon({ model, size = 18 }: { model: Pick<ModelInfo, 'id' | 'flow'>; size?: number }) {
  const Icon = known[model.id] ?? (model.flow.kind === 'tiles' ? Images : WandSparkles);
  return <Icon size={size} strokeWidth={1.75} aria-hidden />;
}
