import { FolderPlus, ImagePlus } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { words } from '../../words/window';
import { useScreen } from '../store';
import { addDropped, chooseFor, look, move } from './commands';
import { Item, idOfOption } from './Item';
import { stripKey } from './keys';
import { gapAt, inSight, inset, pitch, scrollTo, widthOf } from './place';
import { StripBar } from './StripBar';
import { choose, chooseTo, toggle } from './selection';
import { getQueueScreen, useQueue } from './store';
import styles from './strip.module.css';
import { useThumbnails, wantThumbnails } from './thumbnails';

/** Type of what is dragged from one place of the strip to another. */
const itemsType = 'application/x-refit-items';

/** The queue's pictures under the one that is looked at. Those in sight alone are drawn, however many there are. */
export function Strip() {
  const shown = useQueue((screen) => screen.shown);
  const folded = useQueue((screen) => screen.folded);
  if (!shown) return null;
  return (
    <section className={styles.strip} aria-label={words.queue.label} data-testid="queue">
      <StripBar />
      {!folded && (
        <div className={styles.row}>
          <Items />
          <div className={styles.end}>
            <button
              type="button"
              title={words.queue.add}
              aria-label={words.queue.add}
              onClick={() => void chooseFor('pictures')}
              data-testid="queue-add"
            >
              <ImagePlus size={18} aria-hidden />
            </button>
            <button
              type="button"
              title={words.queue.addFolder}
              aria-label={words.queue.addFolder}
              onClick={() => void chooseFor('folder')}
              data-testid="queue-add-folder"
            >
              <FolderPlus size={18} aria-hidden />
            </button>
          </div>
        </div>
      )}
    </section>
  );
}

function Items() {
  const items = useQueue((screen) => screen.queue.items);
  const selection = useQueue((screen) => screen.selection);
  const active = useQueue((screen) => screen.active);
  const looked = useScreen((screen) => screen.looked);
  const urls = useThumbnails((all) => all.urls);
  const list = useRef<HTMLDivElement>(null);
  const { first, end } = useInSight(list, items.length);
  const seen = items.slice(first, end);
  /** The gap that a drag would drop into. */
  const [gap, setGap] = useState<number | null>(null);

  const wanted = seen.map(({ id }) => id).join();
  useEffect(() => wantThumbnails(wanted === '' ? [] : wanted.split(',').map(Number)), [wanted]);
  useFollowActive(list, active);

  const gapOf = (event: DragEvent): number => {
    const { left } = event.currentTarget.getBoundingClientRect();
    return gapAt(event.clientX - left + event.currentTarget.scrollLeft, items.length);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setGap(null);
    const before = items[gapOf(event)]?.id ?? null;
    if (event.dataTransfer.types.includes('Files')) void addDropped(before, event.dataTransfer.files[0] ?? null);
    else if (event.dataTransfer.types.includes(itemsType)) void move(getQueueScreen().selection, before);
  };

  const activeIsDrawn = seen.some(({ id }) => id === active);
  return (
    <div
      ref={list}
      className={styles.list}
      role="listbox"
      tabIndex={0}
      aria-label={words.queue.strip}
      aria-multiselectable
      aria-orientation="horizontal"
      aria-activedescendant={active !== null && activeIsDrawn ? idOfOption(active) : undefined}
      data-testid="queue-list"
      onKeyDown={(event: KeyboardEvent) => stripKey(event)}
      onFocus={() => {
        if (active === null) useQueue.setState({ active: looked ?? items[0]?.id ?? null });
      }}
      onClick={(event) => {
        const id = idAt(event.target);
        if (id === null) return;
        if (event.shiftKey) chooseTo(id);
        else if (event.ctrlKey || event.metaKey) toggle(id);
        else {
          choose(id);
          if (id !== looked) void look(id);
        }
      }}
      onDragStart={(event) => {
        const id = idAt(event.target);
        if (id === null) return;
        if (!selection.has(id)) choose(id);
        event.dataTransfer.setData(itemsType, '');
        event.dataTransfer.effectAllowed = 'move';
      }}
      onDragOver={(event) => {
        const { types } = event.dataTransfer;
        if (!types.includes('Files') && !types.includes(itemsType)) return;
        event.preventDefault();
        setGap(gapOf(event));
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) setGap(null);
      }}
      onDragEnd={() => setGap(null)}
      onDrop={drop}
    >
      <div className={styles.all} role="presentation" style={{ width: widthOf(items.length) }}>
        {seen.map((item, i) => (
          <Item
            key={item.id}
            item={item}
            left={inset + (first + i) * pitch}
            place={first + i + 1}
            total={items.length}
            url={urls.get(item.id)}
            isSelected={selection.has(item.id)}
            isActive={item.id === active}
            isLooked={item.id === looked}
          />
        ))}
        {gap !== null && <span className={styles.gap} style={{ left: inset + gap * pitch - 5 }} aria-hidden />}
      </div>
    </div>
  );
}

function idAt(target: EventTarget): number | null {
  const option = target instanceof Element ? target.closest<HTMLElement>('[role="option"]') : null;
  return option ? Number(option.dataset.id) : null;
}

/** The items that the strip's place and width show. The wheel scrolls sideways. */
function useInSight(list: React.RefObject<HTMLDivElement | null>, count: number): { first: number; end: number } {
  const [seen, setSeen] = useState({ left: 0, width: 0 });
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const look = () => setSeen({ left: element.scrollLeft, width: element.clientWidth });
    const wheel = (event: WheelEvent) => {
      if (event.ctrlKey || Math.abs(event.deltaY) <= Math.abs(event.deltaX)) return;
      event.preventDefault();
      element.scrollLeft += event.deltaY;
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    // React's own listener is passive, so it could not keep the wheel from scrolling.
    element.addEventListener('wheel', wheel, { passive: false });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
      element.removeEventListener('wheel', wheel);
    };
  }, [list]);
  return inSight(seen.left, seen.width, count);
}

/** Scrolls to the item that the keys have come to. */
function useFollowActive(list: React.RefObject<HTMLDivElement | null>, active: number | null): void {
  useEffect(() => {
    const element = list.current;
    const index = getQueueScreen().queue.items.findIndex(({ id }) => id === active);
    if (element && index >= 0) element.scrollLeft = scrollTo(index, element.scrollLeft, element.clientWidth);
  }, [list, active]);
}
