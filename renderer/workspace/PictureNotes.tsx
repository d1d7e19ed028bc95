import { X } from 'lucide-react';
import { useState } from 'react';
import type { PictureNote } from '../../app/notes';
import { pictureNote } from '../../words/notes';
import { words } from '../../words/window';
import errorStyles from '../parts/error.module.css';
import styles from './workspace.module.css';

/** Says what a person should know of how the open picture was read, until they close it. */
export function PictureNotes({ notes }: { notes: PictureNote[] }) {
  const [hidden, setHidden] = useState(false);
  if (hidden || notes.length === 0) return null;
  return (
    <div className={styles.banner}>
      <div className={styles.notes} role="status" data-testid="picture-notes">
        <div className={errorStyles.words}>
          {notes.map((note) => (
            <p key={note.code}>{pictureNote(note)}</p>
          ))}
        </div>
        <button
          type="button"
          className={errorStyles.close}
          aria-label={words.picture.hideNotes}
          onClick={() => setHidden(true)}
        >
          <X size={16} aria-hidden />
        </button>
      </div>
    </div>
  );
}
