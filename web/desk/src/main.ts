import { createPinia } from 'pinia'
import { createApp } from 'vue'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './style/theme.css'
import { whenSignedOut } from '@/api/http'
import { i18n } from '@/i18n'
import { router } from '@/router'
import { useSession } from '@/stores/session'
import App from './App.vue'

const app = createApp(App).use(createPinia()).use(i18n).use(router)

whenSignedOut(() => {
  const session = useSession()
  const wasIn = session.staff !== null
  session.lose()
  if (wasIn) void router.push({ name: 'sign-in', query: { next: router.currentRoute.value.fullPath } })
})

app.mount('#app')
