import { describe, expect, it } from 'vitest'
import { isPicture, MOST_BYTES, pastedFiles, refusal, sift } from '@shared/files'

const file = (type: string, size = 1000, name = 'a') => ({ name, type, size })

describe('what may be sent', () => {
  it('takes pictures, PDF and MP4 up to the limit', () => {
    for (const type of ['image/png', 'image/heic', 'application/pdf', 'video/mp4']) {
      expect(refusal(file(type, MOST_BYTES))).toBeNull()
    }
    expect(refusal(file('image/png', MOST_BYTES + 1))).toBe('tooLarge')
  })

  it('refuses other kinds, also when they are too large', () => {
    for (const type of ['text/html', 'image/svg+xml', 'video/quicktime', 'application/zip']) {
      expect(refusal(file(type, MOST_BYTES + 1))).toBe('wrongKind')
    }
  })

  it('leaves a file without a known type to the service', () => {
    expect(refusal(file(''))).toBeNull()
  })

  it('keeps the order, fills the room that is left and names the reason for each other', () => {
    const [one, html, two, large, three] = [
      file('image/png', 1, '1'),
      file('text/html'),
      file('application/pdf', 1, '2'),
      file('video/mp4', MOST_BYTES + 1),
      file('image/gif', 1, '3'),
    ]
    const { taken, refused } = sift([one, html, two, large, three], 2)
    expect(taken).toEqual([one, two])
    expect(refused).toEqual([
      { file: html, why: 'wrongKind' },
      { file: large, why: 'tooLarge' },
      { file: three, why: 'tooMany' },
    ])
    expect(sift([one], 0).refused).toEqual([{ file: one, why: 'tooMany' }])
  })
})

describe('paste', () => {
  const picture = file('image/png') as File
  const paste = (...types: string[]) =>
    pastedFiles({ types, files: [picture] as unknown as FileList })

  it('is a picture when copied as one, from the screen, a page or a folder', () => {
    expect(paste('Files')).toEqual([picture])
    expect(paste('text/html', 'Files')).toEqual([picture])
    expect(paste('text/plain', 'Files')).toEqual([picture])
  })

  it('is text when copied from a document or a table, which adds a picture of itself', () => {
    expect(paste('text/plain', 'text/html', 'text/rtf', 'Files')).toEqual([])
    expect(pastedFiles(null)).toEqual([])
  })
})

describe('shown in place', () => {
  it('is what browsers can draw', () => {
    expect(['image/png', 'image/jpeg', 'image/webp', 'image/gif'].every(isPicture)).toBe(true)
    expect(['image/heic', 'image/svg+xml', 'video/mp4', ''].some(isPicture)).toBe(false)
  })
})
