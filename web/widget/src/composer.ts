import { ACCEPTED, MOST_BYTES, pastedFiles, refusal, type Refusal } from '@shared/files'
import { fileSize } from '@shared/format'
import { Composition } from '@shared/ime'
import { RequestError } from './api'
import type { Chat } from './chat'
import { h, icon } from './dom'
import { fill, type Texts } from './texts'

const MOST_CHARACTERS = 4000
const TALLEST_PX = 120
const TYPING_EVERY_MS = 2500

/** The field at the bottom: text, pictures, and what became of an upload. */
export class Composer {
  readonly element: HTMLElement
  readonly input: HTMLTextAreaElement
  private readonly note = h('div', { class: 'note', role: 'status' })
  private readonly uploads = h('div', { class: 'uploads' })
  private readonly sendButton: HTMLButtonElement
  private readonly composition = new Composition()
  private toldTypingAt = 0

  constructor(
    private readonly chat: Chat,
    private readonly texts: Texts,
    private readonly said: () => void,
  ) {
    this.input = h('textarea', {
      'data-testid': 'fl-input',
      rows: 1,
      placeholder: texts.input,
      'aria-label': texts.input,
      enterkeyhint: 'send',
    })
    const picker = h('input', { type: 'file', accept: ACCEPTED.join(','), hidden: true })
    const attach = h(
      'button',
      { type: 'button', class: 'tool', 'aria-label': texts.image, title: texts.image, onClick: () => picker.click() },
      icon('image'),
    )
    this.sendButton = h(
      'button',
      { type: 'button', class: 'send', 'data-testid': 'fl-send', 'aria-label': texts.send, onClick: () => this.send() },
      icon('send'),
    )
    this.element = h(
      'div',
      { class: 'composer' },
      this.uploads,
      this.note,
      h('div', { class: 'field' }, attach, picker, this.input, this.sendButton),
    )
    picker.addEventListener('change', () => {
      const file = picker.files?.[0]
      picker.value = ''
      if (file) this.upload(file)
    })
    this.listen()
    this.write(chat.memory.draft)
  }

  /** Put text into the field without sending it. */
  write(text: string): void {
    this.input.value = text
    this.edited()
  }

  private listen(): void {
    this.input.addEventListener('compositionstart', () => this.composition.start())
    this.input.addEventListener('compositionend', () => this.composition.end())
    this.input.addEventListener('keydown', (event) => {
      // Shortcuts of the page around us are none of the customer's business while typing.
      if (event.key !== 'Escape') event.stopPropagation()
      if (!this.composition.sends(event)) return
      event.preventDefault()
      this.send()
    })
    this.input.addEventListener('input', () => {
      this.edited()
      if (Date.now() - this.toldTypingAt < TYPING_EVERY_MS) return
      this.toldTypingAt = Date.now()
      this.chat.sayTyping()
    })
    this.input.addEventListener('paste', (event) => {
      const file = pastedFiles(event.clipboardData)[0]
      if (!file) return
      event.preventDefault()
      this.upload(file)
    })
  }

  private send(): void {
    const text = this.input.value
    if (!text.trim() || text.length > MOST_CHARACTERS) return
    this.chat.say(text)
    this.write('')
    this.said()
  }

  private edited(): void {
    const text = this.input.value
    this.chat.memory.draft = text
    this.input.style.height = 'auto'
    this.input.style.height = `${Math.min(TALLEST_PX, Math.max(38, this.input.scrollHeight))}px`
    const tooLong = text.length > MOST_CHARACTERS
    this.sendButton.disabled = !text.trim() || tooLong
    this.note.textContent = tooLong ? `${this.texts.tooLong} (${text.length}/${MOST_CHARACTERS})` : ''
  }

  private upload(file: File): void {
    const why = refusal(file)
    if (why) {
      this.note.textContent = this.refused(why)
      return
    }
    this.note.textContent = ''
    const bar = h('i')
    const label = h('span')
    const preview = URL.createObjectURL(file)
    const box = h(
      'div',
      { class: 'upload' },
      file.type.startsWith('image/') ? h('img', { src: preview, alt: file.name }) : icon('file'),
      h('div', {}, h('b', {}, file.name), h('div', { class: 'bar' }, bar), label),
      h(
        'button',
        { type: 'button', 'aria-label': this.texts.discard, onClick: () => gone() },
        icon('close'),
      ),
    )
    const gone = () => {
      URL.revokeObjectURL(preview)
      box.remove()
    }
    this.uploads.append(box)
    void this.transfer(file, bar, label, gone)
  }

  private async transfer(
    file: File,
    bar: HTMLElement,
    label: HTMLElement,
    gone: () => void,
  ): Promise<void> {
    try {
      await this.chat.sendFile(file, (percent) => {
        bar.style.width = `${percent}%`
        label.textContent = fill(this.texts.uploading, { percent })
      })
      gone()
      this.said()
    } catch (error) {
      const known = error instanceof RequestError && !error.passing
      bar.style.width = '0'
      if (known) {
        label.textContent = this.refused(error.status === 413 ? 'tooLarge' : 'wrongKind')
        return
      }
      const retry = () => void this.transfer(file, bar, label, gone)
      label.replaceChildren(
        h('button', { type: 'button', onClick: retry }, this.texts.uploadFailed),
      )
    }
  }

  private refused(why: Refusal): string {
    if (why === 'wrongKind') return this.texts.notImage
    return fill(this.texts.tooLarge, { size: fileSize(MOST_BYTES) })
  }
}
