"""What the service itself says to customers. Every text is reviewed Chinese, in one place."""

from __future__ import annotations

GREETING = (
    "您好，我是{company}的智能客服小安，24 小时在线。报修、查进度、问保修、登记投诉都可以直接跟我说；"
    "想找人工，随时发“转人工”。"
)
SAFETY_QUESTION = "先确认一下您那边的安全：现在有没有人受伤、冒烟、漏气或漏电？"
SAFETY_YES = "有"
SAFETY_NO = "没有"
SAFETY_CLEARED = "那就好。要是有变化，马上告诉我。"
QUEUED = "已经为您转接人工客服，前面还有 {ahead} 位，大约等 {minutes} 分钟。您可以接着把情况写在这里，客服接手就能看到。"
QUEUED_NEXT = "已经为您转接人工客服，您排在第一位，大约等 {minutes} 分钟。您可以接着把情况写在这里，客服接手就能看到。"
QUEUED_URGENT = "您的情况已经按紧急事件处理，值班同事正在被呼叫，会最先接待您。"
STILL_QUEUED = (
    "您的消息收到了，人工客服接手就能看到。目前前面还有 {ahead} 位，大约 {minutes} 分钟。"
)
STILL_QUEUED_URGENT = "消息收到了，值班同事还在被呼叫，请先照上面的安全提示做。有人受伤或情况变严重，请直接拨打 120 或 119。"
ACCEPTED = "人工客服{name}来了，接下来由{name}为您服务。"
RETURNED = "人工客服先忙到这里，接下来由智能客服小安继续为您服务。需要人工随时说。"
CLOSED = "本次会话已结束，感谢您的耐心。之后有任何问题，直接在这里留言就行。"
TRANSFERRED = "正在为您转给更合适的同事，请稍等，之前说过的内容不用再重复。"
CALLBACK_BUSY = "让您久等了，现在人工都在忙。我已经替您登记了回电，客服会按顺序给您回电话。这期间有别的问题可以继续问我。"
CALLBACK_OFF_HOURS = "现在是人工客服的休息时间（人工 {opens}-{closes} 在线）。我已经替您登记了回电，上班后会有同事联系您。方便的话把电话和情况留在这里。"
APOLOGY = "抱歉，我这边刚刚没能查到答案，不让您干等，已经替您叫人工客服了。"
FALLBACK_HANDOFF = "我这边系统有点慢，已经替您叫人工客服来核对。"
NOTHING_TO_READ = "收到，不过我没看到文字。您遇到了什么问题，打几个字或者拍张照发给我都行。"
IMAGE_RECEIVED = "图片收到了。这是哪款产品、遇到了什么情况？再补一句话，我好帮您处理。"
CUT_NOTICE = "您发的内容太长了，我收下了前 {limit} 个字。剩下的麻烦分几条发。"
EMERGENCY_COMPLAINT = "我们已为您建立紧急工单 {number}，专人会跟到底。"
OFFER_REPEATED = (
    "这个问题您问了好几遍，是我没答到点子上。换人工同事来帮您，好吗？现在大约等 {minutes} 分钟。"
)
OFFER_ANGER = "事情一直没办好，换谁都着急。要不要我叫人工同事来接着办？现在大约等 {minutes} 分钟。"
OFFER_COMPLAINT = "想直接跟人谈，点“转人工”就行，现在大约等 {minutes} 分钟。"
OFFER_OFF_HOURS = (
    "现在是人工客服的休息时间（人工 {opens}-{closes} 在线），我已经替您登记了回电，上班后同事先联系您。"
    "要正式投诉的话点“登记投诉”，我现在就记。"
)
OFF_HOURS_COMPLAINT = "现在人工在休息（{opens}-{closes} 在线），我先把投诉记好，回电也一并登记了，上班后同事先联系您。"
BOUNDARY = (
    "您心里有火，我听得出来。光骂我，事情还是没人办；您说说要解决什么，我接着办，或者点“转人工”。"
)
RATE = "这次服务您满意吗？点一下就行："
RATE_OPTIONS = ("非常满意", "满意", "一般", "不满意", "很不满意")
RATED = "收到您的评价，谢谢！之后有任何问题，直接在这里留言。"
RATED_LOW = "收到您的评价。没能让您满意，很抱歉；哪里没做好，您可以直接写在这里，我们会有人看。"
