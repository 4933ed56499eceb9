/** Which files may be evidence, before they are sent; the service looks at the content again. Pure. */

export const TAKEN = [
  'image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/heic', 'application/pdf', 'video/mp4',
] as const

const MEGABYTE = 1024 * 1024
const LIMITS: Readonly<Record<string, number>> = { image: 20 * MEGABYTE, application: 20 * MEGABYTE, video: 100 * MEGABYTE }

export interface Fault {
  why: 'tooLarge' | 'wrongKind'
  limit: number
}

/** What is wrong with a file; null when it may be sent. Browsers do not name HEIC. */
export function fitness(file: { name: string; type: string; size: number }): Fault | null {
  const mime = file.type || (/\.hei[cf]$/i.test(file.name) ? 'image/heic' : '')
  if (!(TAKEN as readonly string[]).includes(mime)) return { why: 'wrongKind', limit: 0 }
  const limit = LIMITS[mime.split('/')[0] ?? ''] ?? 0
  return file.size > limit ? { why: 'tooLarge', limit } : null
}
