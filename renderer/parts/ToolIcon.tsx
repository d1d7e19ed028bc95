import {
  Brush,
  Images,
  ImageUpscale,
  type LucideIcon,
  ScanFace,
  ScanText,
  Scissors,
  WandSparkles,
  Zap,
} from 'lucide-react';
import type { ModelInfo } from '../../app/contract';

const icons: Record<NonNullable<ModelInfo['icon']>, LucideIcon> = {
  photo: ImageUpscale,
  fast: Zap,
  scissors: Scissors,
  face: ScanFace,
  drawing: Brush,
  text: ScanText,
};

/** The icon that the card names, else one for the way the tool works. */
export function ToolIcon({ model, size = 18 }: { model: Pick<ModelInfo, 'icon' | 'flow'>; size?: number }) {
  const byFlow = model.flow.kind === 'tiles' ? Images : WandSparkles;
  const Icon = model.icon ? icons[model.icon] : byFlow;
  return <Icon size={size} strokeWidth={1.75} aria-hidden />;
}
