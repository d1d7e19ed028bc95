/** What main shows itself: its few dialogs, and its processes' names in the system's list. Errors in them: errors.ts. */
export const dialogs = {
  notStarted: 'Refit could not start',
  loadAgain: 'Load it again',
  tryAgain: 'Try again',
  wait: 'Wait',
  quit: 'Quit Refit',
  /** Asked where the window is to close and its page does not answer. */
  leaving: {
    message: 'What the tool made is not saved, and the window does not answer.',
    detail:
      'Wait a little, then close the window again: it asks once it answers. Or close it now and lose what was made.',
    discard: 'Close without saving',
  },
  /** Kind of files, in a dialog that opens. */
  pictures: 'Pictures',
  /** Kinds of files, beside the name in a dialog that saves. */
  fileKinds: { png: 'PNG', jpeg: 'JPEG', webp: 'WebP', txt: 'Text', csv: 'CSV', json: 'JSON' },
  processes: {
    gpu: 'Refit GPU host',
    otherGpu: (number: number) => `Refit GPU host ${number + 1}`,
    webgpu: 'Refit WebGPU host',
    cpu: 'Refit CPU host',
    picture: 'Refit picture host',
    otherPicture: (number: number) => `Refit picture host ${number + 1}`,
    preparing: (number: number) => `Refit preparing host ${number}`,
  },
} as const;
