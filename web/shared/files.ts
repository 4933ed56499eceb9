/** Which files may be sent, and which of a paste or a choice are meant. Pure. */

/** The types that the service takes. */
export const ACCEPTED = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/heic',
  'application/pdf',
  'video/mp4',
]
/** The service's limit as it is shipped; its own answer is what counts. */
export const MOST_BYTES = 10_000_000
/** Pictures a browser shows in place; others, such as HEIC, are offered as a file. */
const SHOWN = /^image\/(png|jpeg|webp|gif)$/

export type Refusal = 'tooLarge' | 'wrongKind'

/** A file that is left out. */
export interface Refused<F> {
  file: F
  why: Refusal | 'tooMany'
}

export function isPicture(mime: string): boolean {
  return SHOWN.test(mime)
}

/** Why a file cannot be sent, or null. One of unknown type may be tried: the service reads it. */
export function refusal(file: Pick<File, 'type' | 'size'>): Refusal | null {
  if (file.type !== '' && !ACCEPTED.includes(file.type)) return 'wrongKind'
  return file.size > MOST_BYTES ? 'tooLarge' : null
}

/** Files that may be sent, as far as there is `room`, and why not the others. */
export function sift<F extends Pick<File, 'type' | 'size'>>(
  files: readonly F[],
  room: number,
): { taken: F[]; refused: Refused<F>[] } {
  const taken: F[] = []
  const refused: Refused<F>[] = []
  for (const file of files) {
    const why = refusal(file) ?? (taken.length < room ? null : 'tooMany')
    if (why) refused.push({ file, why })
    else taken.push(file)
  }
  return { taken, refused }
}

/** The files of a paste. Copied table cells and documents bring a picture of themselves along. */
export function pastedFiles(data: Pick<DataTransfer, 'types' | 'files'> | null): File[] {
  if (!data) return []
  const written = data.types.includes('text/plain') && data.types.includes('text/html')
  return written ? [] : [...data.files]
}
