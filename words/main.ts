/** The words of the boxes that main shows where the window cannot. */
export const words = {
  leaving: {
    message: 'What the tool made is not saved, and the window does not answer.',
    detail:
      'Wait a little, then close the window again: it asks once it answers. Or close it now and lose what was made.',
    buttons: { stay: 'Wait', discard: 'Close without saving' },
  },
} as const;
