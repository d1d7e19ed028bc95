/** The words of every error, by its code: one table. Plain words, no jargon; `detail` has the library's own lines. */

import type { Death, ErrorCode, ErrorParams, JpegCoding, PackFault, WriteFault } from '../app/errorCodes';
import { AppError, ReportedError } from '../app/errors';

export interface Words {
  /** One sentence: what happened. */
  message: string;
  /** What to do: a sentence or two. */
  remedy: string;
}

/** @param error an AppError, or the report of one. */
export function wordsOf<C extends ErrorCode>({ code, params }: { code: C; params: ErrorParams[C] }): Words {
  return errorWords[code](params);
}

const packFaults: Record<PackFault, string> = {
  unreadable: 'it cannot be read',
  unsigned: 'it was not signed by the makers of Refit',
  damaged: 'it has changed since it was made',
  otherModel: 'it is for another tool',
  otherVersion: 'it was made for another version of the tool',
  otherGraph: 'it changes the tool itself, not only its model version',
};

const deaths: Record<Death, string> = {
  crashed: 'crashed',
  hung: 'stopped answering',
  outOfMemory: 'ran out of memory',
  killed: 'was ended by another program or for lack of memory',
  ended: 'stopped unexpectedly',
};

const writeRemedies: Record<WriteFault, (folder: string) => string> = {
  full: () => 'free some space on its disk',
  forbidden: (folder) => `allow writing to ${folder}`,
  failed: (folder) => `check the folder ${folder}`,
};

const formats = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP' };
const codingWords = (coding: JpegCoding): string =>
  typeof coding === 'string' ? `${coding} coding` : `${coding.bits} bits a channel`;

/** Whether more memory may be the cure. */
const isForMemory = (how: Death): boolean => how === 'outOfMemory' || how === 'killed';

/** What happened and what to do, as one text. */
export function fullWordsOf(error: { code: ErrorCode; params: ErrorParams[ErrorCode] }): string {
  const { message, remedy } = wordsOf(error);
  return `${message} ${remedy}`;
}

/** What went wrong, in one sentence. An error that is not Refit's own gives its message. */
export function sentenceOf(error: unknown): string {
  if (error instanceof AppError) return wordsOf(error).message;
  if (error instanceof ReportedError) return wordsOf(error.report).message;
  return error instanceof Error ? error.message : String(error);
}

/** Microsoft's own: ONNX Runtime's libraries need it on Windows, and not every Windows has it. */
const visualCppRuntime =
  'Microsoft Visual C++ Redistributable (x64) from https://aka.ms/vs/17/release/vc_redist.x64.exe';

const reinstall = 'Install Refit again; your pictures are not affected.';
const threeFigures = (value: number, round: (value: number) => number): number =>
  value < 100 ? round(value * 10) / 10 : round(value);
/** GPU memory as the card's box says it, in binary: an 8 GB card has 8,585,740,288 bytes. */
const gpuMemory = (bytes: number, round: (value: number) => number): string =>
  `${threeFigures(bytes / 2 ** 30, round)} GB`;
/** A file's size, as file managers say it. */
const gigabytes = (bytes: number): string => `${threeFigures(bytes / 1e9, Math.ceil)} GB`;
/** Room on a disk, rounded up to what will do. */
const diskSpace = (bytes: number): string =>
  bytes <= 999e6 ? `${Math.ceil(bytes / 1e6)} MB` : `${threeFigures(bytes / 1e9, Math.ceil)} GB`;

const errorWords: { [C in ErrorCode]: (params: ErrorParams[C]) => Words } = {
  DRIVER_MISSING: () => ({
    message: 'No working NVIDIA driver was found.',
    remedy:
      'If this computer has an NVIDIA RTX card, install its driver from nvidia.com, or restart the computer if one was just installed.',
  }),
  DRIVER_TOO_OLD: ({ version, needed }) => ({
    message: `Your NVIDIA driver${version ? ` (${version})` : ''} is too old for Refit’s engines.`,
    remedy: `Install driver ${needed} or newer from nvidia.com and start Refit again.`,
  }),
  GPU_NONE: () => ({
    message: 'No NVIDIA graphics card was found.',
    remedy: 'Refit is fastest on an NVIDIA RTX card. If one is built in, check that it is switched on.',
  }),
  GPU_TOO_OLD: ({ gpu }) => ({
    message: `${gpu} is too old for Refit’s engines.`,
    remedy: 'The processor works instead. Any GeForce RTX 20-series card or newer would do.',
  }),
  GPU_TOO_SMALL: ({ gpu, haveBytes, needBytes }) => ({
    message: `${gpu} has ${gpuMemory(haveBytes, Math.round)} of memory; this needs ${gpuMemory(needBytes, Math.ceil)}.`,
    remedy: 'The processor does this one instead; other tools may still use the card.',
  }),
  RUNTIME_MISSING: ({ library }) => ({
    message: `A part of Refit that talks to the GPU is missing (${library}).`,
    remedy: reinstall,
  }),
  RUNTIME_MISMATCH: ({ have, need }) => ({
    message: `Two parts of Refit do not fit together: ${have} is here, ${need} is needed.`,
    remedy: reinstall,
  }),
  RUNTIME_REFUSES_GPU: ({ gpu }) => ({
    message: `This version of Refit does not run on ${gpu}.`,
    remedy: 'The processor works instead. An earlier version of Refit may run on this card, and so may a newer one.',
  }),
  ENGINE_NONE: ({ model, gpu }) => ({
    message: `${model} has no engine for ${gpu}.`,
    remedy: 'The processor does this one instead. A newer version of Refit may bring one.',
  }),
  ADDON_BROKEN: () => ({
    message: 'The part of Refit that talks to the GPU could not start.',
    remedy: reinstall,
  }),
  PROCESSOR_BROKEN: ({ platform }) => ({
    message: 'The part of Refit that works on the processor could not start.',
    remedy: platform === 'win32' ? `Install ${visualCppRuntime}, then start Refit again.` : reinstall,
  }),
  WEBGPU_NONE: () => ({
    message: 'No other graphics card can be used either.',
    remedy:
      'Refit can use any card with Direct3D 12 or Vulkan. On Linux, install the libvulkan1 package and your card’s driver.',
  }),
  WEBGPU_NO_FLOAT16: ({ model }) => ({
    message: `The graphics card cannot compute with half precision, which ${model} needs.`,
    remedy: 'The processor works instead. A newer driver may bring it.',
  }),
  WEBGPU_WRONG: ({ model }) => ({
    message: `The graphics card gave a wrong picture in the test of ${model}, so it is not used.`,
    remedy: 'The processor works instead. Update the graphics driver, then start Refit again.',
  }),
  WEBGPU_SLOW: ({ model, times }) => ({
    message:
      times === null
        ? `${model} did not start on the graphics card in time.`
        : `The graphics card takes ${times.toFixed(1)} times as long as the processor for ${model}.`,
    remedy: 'So the processor does it. Nothing needs to be done.',
  }),
  SKIPPED_BY_USER: () => ({
    message: 'You chose to use your processor for now.',
    remedy: 'Prepare your GPU whenever you like. It happens once for this card and driver.',
  }),
  GPU_PREPARING: () => ({
    message: 'Your GPU is still being prepared.',
    remedy: 'Nothing needs to be done: your processor works meanwhile, and the GPU takes over by itself.',
  }),
  GPU_LOOKING: () => ({
    message: 'Refit is still looking for your graphics card.',
    remedy: 'Nothing needs to be done: your processor works meanwhile, and the GPU takes over once it is ready.',
  }),
  GPU_SILENT: () => ({
    message: 'Your graphics card or its driver did not answer.',
    remedy:
      'Restart the computer, then look for the GPU again. If that does not help, install the driver from nvidia.com.',
  }),
  GPU_CHOICE_GONE: ({ gpu }) => ({
    message: `The graphics card that you chose cannot be used now, so ${gpu} works instead.`,
    remedy: 'Refit goes back to your choice once it is there again. You can choose another from the status line.',
  }),
  CATALOG_UNREADABLE: ({ file }) => ({
    message: `The list of engines (${file}) cannot be read.`,
    remedy: reinstall,
  }),
  CATALOG_UNSIGNED: ({ file }) => ({
    message: `The list of engines (${file}) is not signed, so no engine is used.`,
    remedy: reinstall,
  }),
  CATALOG_ALTERED: ({ file }) => ({
    message: `The list of engines (${file}) is not the one that was signed, so no engine is used.`,
    remedy: reinstall,
  }),
  CARD_UNREADABLE: ({ file }) => ({
    message: `The description of a tool (${file}) cannot be read, so the tool is left out.`,
    remedy: reinstall,
  }),
  CARD_ALTERED: ({ file }) => ({
    message: `A tool's description (${file}) is not the one that was signed, so its engines are not used.`,
    remedy: reinstall,
  }),
  MODEL_MISSING: ({ model }) => ({
    message: `There is no tool called “${model}”.`,
    remedy: 'Choose one from the list.',
  }),
  FILE_MISSING: ({ file }) => ({ message: `${file} is missing.`, remedy: reinstall }),
  ENGINE_HASH_MISMATCH: ({ file }) => ({
    message: `${file} is not the engine that was shipped, so it was not opened.`,
    remedy: reinstall,
  }),
  ONNX_HASH_MISMATCH: ({ file }) => ({
    message: `${file} is not the model that was shipped, so it was not opened.`,
    remedy: reinstall,
  }),
  GOLDEN_UNREADABLE: ({ file }) => ({
    message: `The picture that engines are checked with (${file}) cannot be read.`,
    remedy: reinstall,
  }),
  INSTALL_ALTERED: ({ file, isMissing }) => ({
    message: `A part of Refit (${file}) ${isMissing ? 'is missing.' : 'is not what was shipped, so it was not used.'}`,
    remedy: reinstall,
  }),
  INSTALL_GONE: () => ({
    message: 'The folder that Refit was started from is not there any more.',
    remedy: 'Save what you want to keep, then close Refit and start it from where it is now.',
  }),
  INSTALL_REPLACED: () => ({
    message: 'Refit was replaced while it was open, as by an update.',
    remedy: 'Save what you want to keep, then restart Refit.',
  }),
  ONNX_REFUSED: ({ file }) => ({
    message: `${file} is not a model file that Refit takes.`,
    remedy: 'Use a whole file, with everything it needs in its own folder.',
  }),
  PACK_REFUSED: ({ file, reason }) => ({
    message: `The update ${file} was not installed: ${packFaults[reason]}.`,
    remedy: 'What you have works as before. Get the update again from where Refit came from.',
  }),
  REFIT_FAILED: ({ model }) => ({
    message: `The weights of ${model} could not be put back.`,
    remedy: 'The processor does this one instead. Try again, or update your NVIDIA driver.',
  }),
  PLAN_WRONG: ({ model }) => ({
    message: `The engine made for ${model} gave a wrong picture, so it was thrown away.`,
    remedy: 'The processor does this one instead. Update your NVIDIA driver, then prepare again.',
  }),
  SESSION_FAILED: ({ model }) => ({
    message: `${model} could not be started.`,
    remedy: 'Try again. If it happens again, restart Refit.',
  }),
  RUN_FAILED: ({ model }) => ({
    message: `${model} stopped in the middle of the picture.`,
    remedy: 'Start it again. What was done so far is still there to look at.',
  }),
  OUT_OF_VRAM: ({ model }) => ({
    message: `The graphics card has too little free memory for ${model}.`,
    remedy: 'It is done in little pieces or on the processor instead. Closing other programs that use the card helps.',
  }),
  OUT_OF_MEMORY: ({ model }) => ({
    message: `This computer has too little free memory for ${model}.`,
    remedy: 'Close other programs, then start the picture again.',
  }),
  GPU_FAULT: ({ model }) => ({
    message: `The graphics card or its driver failed while ${model} was at work.`,
    remedy: 'Refit goes on by itself. If this happens often, update your graphics driver.',
  }),
  HOST_DIED: ({ how = 'ended', goesOn = false }) => ({
    message: `The part of Refit that works on pictures ${deaths[how]}.`,
    remedy: goesOn
      ? `It is started again, and goes on where it was.${isForMemory(how) ? ' Closing other programs frees memory.' : ''}`
      : `What it was doing was given up. ${isForMemory(how) ? 'Close other programs to free memory, then start' : 'Start'} it again.`,
  }),
  HOST_GAVE_UP: ({ how = 'ended' }) => ({
    message: `Work on the GPU ${how === 'ended' ? 'stopped' : deaths[how]} three times, so your processor has taken over.`,
    remedy: isForMemory(how)
      ? 'Close other programs to free memory, then try the GPU again from here.'
      : 'Update your NVIDIA driver, or try the GPU again from here.',
  }),
  CACHE_FULL: ({ neededBytes }) => ({
    message: 'The disk is full, so the prepared engine could not be kept.',
    remedy: `Everything works now, but the next start will prepare again. To keep it, free ${diskSpace(neededBytes)}.`,
  }),
  CACHE_READ_ONLY: ({ folder }) => ({
    message: 'Refit is not allowed to write to its own folder, so the prepared engine could not be kept.',
    remedy: `Everything works now, but the next start will prepare again. To keep it, allow writing to ${folder}.`,
  }),
  CACHE_FAILED: ({ folder }) => ({
    message: 'The prepared engine could not be kept.',
    remedy: `Everything works now, but the next start will prepare again. To keep it, check the folder ${folder}.`,
  }),
  CACHE_NOT_OURS: ({ folder }) => ({
    message: 'The folder for prepared engines belongs to another user of this computer, so it is not used.',
    remedy: `Everything works now, but the next start will prepare again. To keep it, remove ${folder}.`,
  }),
  CACHE_DAMAGED: ({ model }) => ({
    message: `What was kept of ${model} had changed on disk, so it was set aside and made again.`,
    remedy: 'Nothing needs to be done.',
  }),
  CACHE_OUTDATED: () => ({
    message: 'Your graphics card, its driver or Refit has changed, so the engines are made again.',
    remedy: 'Nothing needs to be done.',
  }),
  NOTHING_KEPT: ({ folder, why }) => ({
    message: 'Refit cannot write to its own folder, so nothing but your pictures is kept.',
    remedy: `Everything works now, but the next start begins anew. To change that, ${writeRemedies[why](folder)}.`,
  }),
  PICTURE_UNREADABLE: ({ name, why }) => {
    if (why === 'cut') return { message: `A part of ${name} is missing.`, remedy: 'Open another copy of the picture.' };
    if (why)
      return {
        message: `${name} is a JPEG of a kind that we cannot read (${codingWords(why.coding)}).`,
        remedy: 'Save it as PNG with the program that made it, and open that.',
      };
    return { message: `${name} is not a picture we can read.`, remedy: 'Open a PNG, JPEG or WebP file.' };
  },
  PICTURE_EMPTY: ({ name }) => ({ message: `${name} is empty.`, remedy: 'Open another copy of the picture.' }),
  PICTURE_NOT_OPENED: ({ name }) => ({
    message: `${name} could not be opened.`,
    remedy: 'Check that the file is still there and that you may read it.',
  }),
  PICTURE_TOO_LARGE: ({ width, height, maxPixels, maxSide }) => ({
    message: `The picture is ${width} × ${height} pixels, larger than Refit takes.`,
    remedy: `Use a picture of at most ${maxPixels / 1e6} megapixels, and ${maxSide} pixels a side.`,
  }),
  PICTURE_NEEDS_ROOM: ({ neededBytes, freeBytes }) => ({
    message: `This picture needs ${diskSpace(neededBytes)} of memory or disk, and ${diskSpace(freeBytes)} is free.`,
    remedy: 'Close other programs or free some space on the disk, then try again. Or use a picture of fewer pixels.',
  }),
  RESULT_DISK_FULL: () => ({
    message: 'Memory or disk ran full while the result was made.',
    remedy: 'Free some space, then start again. What is done so far is still here.',
  }),
  FORMAT_TOO_SMALL: ({ format, maxSide, others }) => ({
    message: `The picture is too large for a ${formats[format]} file, which has ${maxSide} pixels a side at most.`,
    remedy: `Choose ${others.map((other) => formats[other]).join(' or ') || 'a smaller size'}, then save again. The picture is still here.`,
  }),
  DISK_FULL: ({ file }) => ({
    message: `The disk is full, so ${file} could not be saved.`,
    remedy: 'Free some space, or choose a folder on another disk. The picture is still here.',
  }),
  PICTURE_FILE_TOO_LARGE: ({ name, bytes, maxBytes }) => ({
    message: `${name} is a file of ${gigabytes(bytes)}, larger than Refit opens.`,
    remedy: `Use a picture in a file of at most ${gigabytes(maxBytes)}.`,
  }),
  OUTPUT_GONE: ({ folder }) => ({
    message: `The folder ${folder} for the results is not there.`,
    remedy: 'Bring it back or choose another one, then go on. What is saved stays.',
  }),
  OUTPUT_FORBIDDEN: ({ folder }) => ({
    message: `Refit may not write into the folder ${folder}.`,
    remedy: 'Allow it or choose another one, then go on. What is saved stays.',
  }),
  OUTPUT_FULL: ({ name }) => ({
    message: `The disk is full, so the result of ${name} could not be saved.`,
    remedy: 'Free some space or choose a folder on another disk, then go on. What is saved stays.',
  }),
  RECIPES_FULL: ({ most }) => ({
    message: `There are ${most} recipes already.`,
    remedy: 'Delete one that you no longer use, then keep this one.',
  }),
  SAVE_FAILED: ({ file }) => ({
    message: `${file} could not be saved.`,
    remedy: 'Choose another folder, or free some space. The picture is still here.',
  }),
  WINDOW_GONE: ({ tool }) => ({
    message: `The window had to be loaded again, and ${tool} was stopped.`,
    remedy: 'Start it again. The picture is still here.',
  }),
  WINDOW_FAILING: () => ({
    message: 'The window of Refit stopped several times in a row.',
    remedy:
      'Try again. If it stops again, restart the computer, then install Refit again. Your pictures are not affected.',
  }),
  WINDOW_SILENT: () => ({
    message: 'The window of Refit does not answer.',
    remedy: 'Wait a little, or load the window again. What was not saved is then lost.',
  }),
  NAME_TOO_LONG: () => ({
    message: 'The name is too long for a file in this folder.',
    remedy: 'Save again under a shorter name. The picture is still here.',
  }),
  NAME_REFUSED: ({ name, fault }) => ({
    message: {
      device: `Windows keeps the name ${name} for a device.`,
      end: `${name} ends with a dot or a space, which Windows leaves out of names.`,
      character: `${name} has a character that names on this disk cannot have.`,
      taken: `${name} is there already, and it is no file.`,
    }[fault],
    remedy: 'Save again under another name. The picture is still here.',
  }),
  BUSY: () => ({ message: 'Another picture is being worked on.', remedy: 'Wait for it, or cancel it with Esc.' }),
  BAD_MESSAGE: ({ channel }) => ({
    message: `Refit refused a request that it could not understand (${channel}).`,
    remedy: 'Restart Refit.',
  }),
  INTERNAL: () => ({
    message: 'Something went wrong inside Refit.',
    remedy: 'Restart Refit. If it happens again, send us the details.',
  }),
};
