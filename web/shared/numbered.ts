/** Safety advice comes as numbered text; this takes it apart so that it can be set as a list. */

export interface Numbered {
  lead: string
  steps: string[]
  tail: string
}

const MARK = /^\s*(?:(\d{1,2})\s*[.、．)）:：]|([①②③④⑤⑥⑦⑧⑨]))\s*/
const INLINE = /(?<=[。；;！!？?:：\s])(?=(?:\d{1,2}\s*[.、．)）](?!\d)|[①②③④⑤⑥⑦⑧⑨]))/

export function splitNumbered(text: string): Numbered {
  const lines = text
    .split('\n')
    .flatMap((line) => line.split(INLINE))
    .map((line) => line.trim())
    .filter(Boolean)
  const first = lines.findIndex((line) => MARK.test(line))
  if (first < 0) return { lead: text.trim(), steps: [], tail: '' }
  const steps: string[] = []
  const tail: string[] = []
  for (const line of lines.slice(first)) {
    if (MARK.test(line)) steps.push(line.replace(MARK, ''))
    else tail.push(line)
  }
  return { lead: lines.slice(0, first).join('\n'), steps, tail: tail.join('\n') }
}
