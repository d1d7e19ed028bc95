/** Small pictures of the items in sight: asked for a few at a time, kept while there is room. */
import { create } from 'zustand';
import type { RefitApi } from '../../app/contract';

/** More at once would keep main from the queue's own work. */
const atOnce = 4;
/** Of some kilobytes each; far more than the widest screen shows. */
const most = 400;

/** URL of each item's thumbnail, the one longest out of sight first; null: there is none. */
type Urls = ReadonlyMap<number, string | null>;

export const useThumbnails = create<{ urls: Urls }>()(() => ({ urls: new Map() }));

let wanted: readonly number[] = [];
const asked = new Set<number>();

/** Says which items are in sight. Those that went out of it before their turn are not asked for. */
export function wantThumbnails(ids: readonly number[]): void {
  wanted = ids;
  ask();
}

/** Forgets every thumbnail. */
export function dropThumbnails(): void {
  for (const url of useThumbnails.getState().urls.values()) if (url) URL.revokeObjectURL(url);
  useThumbnails.setState({ urls: new Map() });
  wanted = [];
  asked.clear();
}

function ask(): void {
  const { urls } = useThumbnails.getState();
  for (const id of wanted) {
    if (asked.size >= atOnce) return;
    if (!urls.has(id) && !asked.has(id)) void fetchOne(id, window.refit);
  }
}

async function fetchOne(id: number, main: Pick<RefitApi, 'thumbnail'>): Promise<void> {
  asked.add(id);
  const answer = await main.thumbnail(id).catch(() => null);
  // Forgotten meanwhile.
  if (!asked.delete(id)) return;
  const bytes = answer?.ok ? answer.value.bytes : null;
  keep(id, bytes ? URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/webp' })) : null);
  ask();
}

function keep(id: number, url: string | null): void {
  const urls = new Map(useThumbnails.getState().urls).set(id, url);
  const seen = new Set(wanted);
  for (const [old, its] of urls) {
    if (urls.size <= most) break;
    if (seen.has(old)) continue;
    if (its) URL.revokeObjectURL(its);
    urls.delete(old);
  }
  useThumbnails.setState({ urls });
}
