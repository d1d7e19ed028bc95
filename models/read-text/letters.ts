/** Decodes the recognition network's outputs into text. Pure. */
import charset from './charset.json';

/** Characters by the network's index: 0 is "no character here", then come the list's, and last a space. */
const characters = ['', ...charset, ' '];

export interface Reading {
  text: string;
  /** Mean of the characters' scores, 0 to 1; 0 for no text. */
  confidence: number;
}

/**
 * Joins the likeliest characters of all steps: the same one over several steps is one character, and a doubled letter has a step of
 * none in between (connectionist temporal classification, decoded greedily). @param index, score of each step, in order.
 */
export function readSteps(index: ArrayLike<number>, score: ArrayLike<number>): Reading {
  let text = '';
  let sum = 0;
  let count = 0;
  for (let step = 0; step < index.length; step++) {
    const now = index[step] as number;
    if (now === 0 || now === index[step - 1]) continue;
    const character = characters[now];
    if (character === undefined)
      throw new RangeError(`Expected an index below ${characters.length} but received ${now}`);
    text += character;
    sum += score[step] as number;
    count += 1;
  }
  return { text, confidence: count > 0 ? sum / count : 0 };
}

/** Scripts that write no space between words. */
const unspaced = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u;

/** Joins the pieces of a line that was too long to be read at once; they were cut between words. */
export function joinReadings(readings: readonly Reading[]): Reading {
  let text = '';
  let sum = 0;
  let letters = 0;
  for (const reading of readings) {
    const piece = reading.text.trim();
    if (piece === '') continue;
    const seam = `${[...text].at(-1) ?? ''}${[...piece][0] ?? ''}`;
    text += text === '' || unspaced.test(seam) ? piece : ` ${piece}`;
    sum += reading.confidence * piece.length;
    letters += piece.length;
  }
  return { text, confidence: letters > 0 ? sum / letters : 0 };
}
