import { Api } from './api'
import { Chat } from './chat'
import { Memory, openStore } from './memory'
import { Widget } from './widget'

declare global {
  interface Window {
    FrontlineChat?: { open: (text?: string) => void; close: () => void }
  }
}

/**
 * `<script src="…/widget.js" data-company="…" data-lang="zh-CN|en" async>`: the API is where the
 * script comes from. Elements of the page with `data-frontline-ask` open the chat with that text.
 */
function boot(script: HTMLScriptElement | null): void {
  if (window.FrontlineChat) return
  const base = new URL(script?.src || location.href, location.href).origin
  const language = script?.dataset.lang ?? 'zh-CN'
  const company = script?.dataset.company ?? 'Frontline'
  const chat = new Chat(new Api(base), new Memory(openStore(), 'chat'))
  const widget = new Widget(chat, company, language)
  const mount = () => widget.mount()
  if (document.body) mount()
  else document.addEventListener('DOMContentLoaded', mount)
  window.FrontlineChat = { open: (text) => widget.open(text), close: () => widget.close() }
}

boot(
  document.currentScript instanceof HTMLScriptElement
    ? document.currentScript
    : document.querySelector<HTMLScriptElement>('script[src*="widget.js"]'),
)
