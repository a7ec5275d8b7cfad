package dev.farthing.sample.setup

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import dev.farthing.sample.EmptyState
import dev.farthing.sample.Notice
import dev.farthing.sample.R
import dev.farthing.sample.text
import dev.farthing.sample.wallet.ShopSettings

/** The first start: where the gateway is. Or again, once the gateway has refused a new wallet. */
@Composable
fun SetupScreen(
    settings: ShopSettings,
    onOpen: (ShopSettings) -> Unit,
    modifier: Modifier = Modifier,
    refusal: Notice? = null,
) {
    Column(
        modifier
            .fillMaxSize()
            .verticalScroll(rememberScrollState())
            .padding(16.dp)
            .testTag("setup"),
    ) {
        if (refusal == null) {
            EmptyState("empty", stringResource(R.string.setup_title), stringResource(R.string.setup_text))
        } else {
            EmptyState("empty", stringResource(R.string.unreachable_title), refusal.text())
        }
        GatewayForm(settings, onOpen)
    }
}

/** Which gateway, by which keys, and whose a new wallet is. */
@Composable
fun GatewayForm(
    settings: ShopSettings,
    onOpen: (ShopSettings) -> Unit,
    modifier: Modifier = Modifier,
) {
    var gateway by rememberSaveable(settings) { mutableStateOf(settings.gateway) }
    var publishableKey by rememberSaveable(settings) { mutableStateOf(settings.publishableKey) }
    var rootKey by rememberSaveable(settings) { mutableStateOf(settings.rootKey) }
    var enrolmentToken by rememberSaveable(settings) { mutableStateOf(settings.enrolmentToken) }
    var stores by rememberSaveable(settings) { mutableStateOf(settings.stores) }
    val entered =
        settings.copy(
            gateway = gateway.trim(),
            publishableKey = publishableKey.trim(),
            rootKey = rootKey.trim(),
            enrolmentToken = enrolmentToken.trim(),
            stores = stores.trim(),
        )

    @Composable
    fun field(
        tag: String,
        label: Int,
        value: String,
        explanation: Int? = null,
        onChange: (String) -> Unit,
    ) {
        OutlinedTextField(
            value,
            onChange,
            Modifier.fillMaxWidth().testTag(tag),
            label = { Text(stringResource(label)) },
            supportingText = explanation?.let { { Text(stringResource(it)) } },
            singleLine = true,
            keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.Uri, autoCorrectEnabled = false),
        )
    }
    Column(modifier, verticalArrangement = Arrangement.spacedBy(8.dp)) {
        field("gateway", R.string.setup_gateway, gateway) { gateway = it }
        field("publishable_key", R.string.setup_publishable_key, publishableKey) { publishableKey = it }
        field("root_key", R.string.setup_root_key, rootKey) { rootKey = it }
        val whose = if (settings.hasEnrolled) R.string.setup_token_next else R.string.setup_token_text
        field("enrolment_token", R.string.setup_token, enrolmentToken, whose) { enrolmentToken = it }
        field("stores", R.string.setup_stores, stores) { stores = it }
        Button({ onOpen(entered) }, Modifier.fillMaxWidth().testTag("open_shop"), enabled = entered.isComplete) {
            Text(stringResource(R.string.setup_open))
        }
    }
}
