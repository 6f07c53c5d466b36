// The single file: no site to fetch from, only files the visitor chooses.

import { VerifyView } from "./view.js";

const view = new VerifyView(document.querySelector("[data-verify]"), { help: document.querySelector("[data-help]") });
view.say("skip", "请选择公布的文件", "在“用我自己的文件验证”里选择下载的压缩包，或一次选中全部 .tsv 文件，也可以拖进来。不联网，不上传。", []);
