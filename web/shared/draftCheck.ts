/** What the draft check says of words in a draft; places count code points, not UTF-16 units. */
export interface DraftWarning {
  kind: string
  start: number
  end: number
  words: string
  why: string
  better: string
}

export const CHECK_AFTER_MS = 300
const SHORTEST = 2

/** Asks about a draft once typing rests; an answer that is no longer about the draft is dropped. */
export class DraftWatch {
  private timer: ReturnType<typeof setTimeout> | undefined
  private text = ''

  constructor(
    private readonly ask: (text: string) => Promise<DraftWarning[]>,
    private readonly show: (warnings: DraftWarning[]) => void,
  ) {}

  typed(text: string): void {
    this.stop()
    this.text = text
    if (text.trim().length < SHORTEST) this.show([])
    else this.timer = setTimeout(() => void this.look(text), CHECK_AFTER_MS)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.text = ''
  }

  private async look(text: string): Promise<void> {
    const warnings = await this.ask(text).catch(() => [])
    if (this.text === text) this.show(warnings)
  }
}

/** Where the warned words stand in `text`, in UTF-16 units; null when they are there no longer. */
export function placeOf(text: string, warning: DraftWarning): { start: number; end: number } | null {
  const signs = Array.from(text)
  const start = signs.slice(0, warning.start).join('').length
  const end = start + warning.words.length
  return text.slice(start, end) === warning.words ? { start, end } : null
}

/** By what a waved-away warning is known again in the same conversation. */
export const nameOf = (warning: DraftWarning) => `${warning.kind}|${warning.words}`
